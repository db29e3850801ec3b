import { overloaded, type Place, waitsOf } from '../admission/places.ts'
import type { Deadline, Wait } from '../deadline/deadline.ts'
import type { Tenant } from '../tenant/tenants.ts'
import { type AuthenticToken, authenticateToken } from '../token/authenticateToken.ts'
import type { Asked } from './enroll.ts'
import type { Services } from './services.ts'

/** Finds the tenant of the URL. */
export const findTenant = async ({ enrollment, deadline, trace }: Asked, { tenants, places }: Services) => {
  const { wait, waitAsStranger } = waitsOf(deadline, places)
  const tenant = await tenants.resolve(enrollment.tenant, wait, waitAsStranger)
  trace.tenant(tenant.tenant)
  return { tenant }
}

/** Waits until a request may compute: with others for its tenant, or with all for tenants that were not served yet. */
export const takeTurn = async (
  tenant: string,
  deadline: Deadline,
  { tenants, turns, chance }: Services,
): Promise<void> => {
  const busy = () => overloaded('too many requests wait for the processor', chance())
  await deadline.within(turns.take(tenants.isKnown(tenant) ? tenant : ''), busy)
}

/** Verifies who signed the token. Whoever had to wait for keys takes another turn before they are computed with. */
export const authenticate = async (
  { enrollment, tenant, deadline }: Asked & { readonly tenant: Tenant },
  services: Services,
) => {
  const { waitAsStranger } = waitsOf(deadline, services.places)
  const wait: Wait = async (answer, late) => {
    const answered = await waitAsStranger(answer, late)
    await takeTurn(tenant.tenant, deadline, services)
    return answered
  }
  return { authentic: await authenticateToken(enrollment.token, tenant, { keys: services.keys, wait }) }
}

/** Takes the place that the request keeps until it is answered: whatever it waits for from here on is waited for there. */
export const enterPlace = (
  { tenant, authentic }: { readonly tenant: Tenant; readonly authentic: AuthenticToken },
  { places }: Services,
): Place => {
  const { issuer, subject } = authentic.asker
  const holder = { tenant: tenant.tenant, subject: JSON.stringify([issuer, subject]) }
  return { holder, leave: places.enter(holder) }
}
