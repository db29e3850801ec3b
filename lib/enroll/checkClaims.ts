import { waitsOf } from '../admission/places.ts'
import { bodyLate, type Deadline } from '../deadline/deadline.ts'
import { ledgerKey } from '../ledger/record/ledgerKey.ts'
import type { DenyList } from '../tenant/denyList.ts'
import type { Tenant } from '../tenant/tenants.ts'
import type { AuthenticToken } from '../token/authenticateToken.ts'
import { checkToken, type VerifiedToken, checkKeyBinding } from '../token/verifyToken.ts'
import { type VerifiedCsr, verifyCsr } from '../x509/verifyCsr.ts'
import { decodeCsr } from '../x509/decodeCsr.ts'
import { jwkThumbprint } from '../x509/publicKey.ts'
import type { Asked } from './enroll.ts'
import type { Services } from './services.ts'

/** Starts a look-up whose failure is looked at only when it is awaited. */
const started = <T>(promise: Promise<T>): Promise<T> => {
  promise.catch(() => undefined)
  return promise
}

interface TokenOfTenant {
  readonly tenant: Tenant
  readonly authentic: AuthenticToken
  readonly deadline: Deadline
}

/** Checks the claims of the token, and begins to look up what depends on them alone. */
export const checkClaims = (
  { tenant, authentic, deadline }: TokenOfTenant,
  { denyLists, places, now }: Services,
) => {
  const token = checkToken(authentic, tenant, now())
  return {
    token,
    row: ledgerKey(token.facts),
    denyListing: started(denyLists.resolve(tenant.tenant, waitsOf(deadline, places).wait)),
  }
}

/** Takes the body, and verifies that its sender holds the key of the request in it; tokens about the device wait. */
export const takeBody = async ({ enrollment, deadline }: Pick<Asked, 'enrollment' | 'deadline'>) => {
  const { csr, ...presented } = await deadline.within(enrollment.readBody(), bodyLate)
  return { csr: verifyCsr(decodeCsr(csr)), presented }
}

interface TokenWithKey {
  readonly token: VerifiedToken
  readonly csr: VerifiedCsr
}

/** Holds a token that is bound to a key to it. */
export const checkBinding = ({ token, csr }: TokenWithKey): void =>
  checkKeyBinding(token, () => jwkThumbprint(csr.publicKey))

/** Refuses whom an administrator stopped. */
export const checkDenied = async (
  { token, csr, denyListing }: TokenWithKey & { readonly denyListing: Promise<DenyList> },
  { now }: Services,
) => {
  const denyList = await denyListing
  const { upn, deviceId, tokenIssuer } = token.facts
  const namesDevices = tokenIssuer.deviceIdClaim !== undefined
  denyList.check({ upn, deviceId, keyHash: csr.keyHash, namesDevices }, now())
  return { denyList }
}
