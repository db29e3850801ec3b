import { overloaded, type Place, waitsOf } from '../admission/places.ts'
import type { Wait } from '../deadline/deadline.ts'
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

/** A request to a tenant that exists. */
interface Addressed extends Asked {
  readonly tenant: Tenant
}

/** Waits until it may compute. */
export const takeTurn = async (
  { tenant, deadline }: Pick<Addressed, 'tenant' | 'deadline'>,
  { turns, chance }: Services,
): Promise<void> => {
  const busy = () => overloaded('too many tokens wait to be verified', chance())
  await deadline.within(turns.take(tenant.tenant), busy)
}

/** Verifies who signed the token. Whoever had to wait for keys takes another turn before they are computed with. */
export const authenticate = async (request: Addressed, services: Services) => {
  const { enrollment, tenant, deadline } = request
  const { waitAsStranger } = waitsOf(deadline, services.places)
  const wait: Wait = async (answer, late) => {
    const answered = await waitAsStranger(answer, late)
    await takeTurn(request, services)
    return answered
  }
  return { authentic: await authenticateToken(enrollment.token, tenant, { keys: services.keys, wait }) }
}

/** Takes the place that the request keeps until it is answered: whatever it waits for from here on is waited for there. */
export const enterPlace = (
  { tenant, authentic }: { readonly tenant: Tenant; readonly authentic: AuthenticToken },
  { places }: Services,
): Place => {
  const { issuer, subject } = authentic.identity
  const holder = { tenant: tenant.tenant, subject: JSON.stringify([issuer, subject]) }
  return { holder, leave: places.enter(holder) }
}
