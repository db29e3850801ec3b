import { Refusal } from '../errors/refusal.ts'
import { type LeafIdentity, leafLimits } from '../profile/leafProfile.ts'
import type { Configuration } from '../tenant/configuration.ts'
import type { VerifiedToken } from '../token/verifyToken.ts'

type CertificateRules = Configuration['certificate']

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

const commonName = ({ facts }: VerifiedToken, { longUpn }: CertificateRules): string => {
  const limit = leafLimits.maxCommonNameCharacters
  if (facts.upn.length <= limit) return facts.upn
  const objectId = facts.subject.toLowerCase()
  if (longUpn === 'objectId' && uuid.test(objectId)) return objectId
  throw new Refusal(
    'upn-refused',
    `Cannot name the certificate: the user principal name has ${facts.upn.length} characters, a common name at most ${limit}.`,
  )
}

const sidForm = /^(S-1-5-21-\d{1,10}-\d{1,10}-\d{1,10})-([1-9]\d{0,9})$/

/** Relative identifiers below 1000 are built-in accounts, the domain's Administrator among them. */
const firstUserRid = 1000

/** A relative identifier has 32 bits: a reader that wraps a larger one could end at a built-in account. */
const lastRid = 2 ** 32 - 1

const refuseSid = (why: string) =>
  new Refusal('sid-refused', `Cannot name the certificate: the security identifier of the token ${why}.`)

const securityIdentifier = (
  { facts }: VerifiedToken,
  { sid: rules }: CertificateRules,
): string | undefined => {
  if (rules.mode === 'off') return undefined
  if (facts.sid === undefined) {
    if (rules.mode === 'whenPresent') return undefined
    throw refuseSid('is missing, and the tenant requires one')
  }
  const [, domain = '', rid = ''] = sidForm.exec(facts.sid) ?? []
  if (domain === '' || Number(rid) > lastRid) throw refuseSid('is not that of a domain account')
  if (!rules.domains.includes(domain)) throw refuseSid('is not of a domain the tenant lists')
  if (Number(rid) < firstUserRid) throw refuseSid(`is that of a built-in account (below ${firstUserRid})`)
  return facts.sid
}

/**
 * Maps a verified token to the names of its certificate by the tenant's rules.
 * @throws {Refusal} `upn-refused` or `sid-refused`
 */
export const leafIdentity = (token: VerifiedToken, rules: CertificateRules): LeafIdentity => ({
  commonName: commonName(token, rules),
  upn: token.facts.upn,
  rfc822Name: rules.includeRfc822Name ? token.facts.upn : undefined,
  deviceId: rules.includeDeviceId ? token.facts.deviceId : undefined,
  sid: securityIdentifier(token, rules),
})
