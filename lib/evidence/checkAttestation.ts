import { Refusal } from '../errors/refusal.ts'
import type { AttestationService } from '../tenant/evidence.ts'
import { checkTimes } from '../token/checkTimes.ts'
import { type ClaimsSet, claimAt, claimOf, onlyAudience } from '../token/claimsSet.ts'
import type { EvidenceOrder } from './evidenceOrder.ts'
import { namedDevice } from './namedDevice.ts'

/** What an attestation is held to. */
export type AttestationOrder = Pick<EvidenceOrder, 'token' | 'csr' | 'now' | 'configured'>

const check = (holds: boolean, why: string): void => {
  if (!holds) throw new Refusal('attestation-refused', `Cannot accept the attestation: ${why}.`)
}

/** RFC 7519 section 4.1.3: a token that is for somebody is for nobody else. Azure Attestation's are for nobody. */
const checkAudience = (claims: ClaimsSet, service: AttestationService): void => {
  const wanted = service.kind === 'eat' ? service.audience : undefined
  check(onlyAudience(claims) === wanted, 'its only "aud" is not the one that the tenant lists')
}

/** What `x-ms-attestation-type` may be where a token has it: Microsoft's sample of a TPM's has none. */
const tpmTypes: readonly unknown[] = [undefined, 'tpm', 'basic', 'vbs']

/**
 * Checks what Azure Attestation attested, and by which policy: that decides what the claims mean. An attestation key that no
 * certificate of a TPM vouches for may be that of a program, which says of the start whatever it likes.
 */
const checkAzure = (claims: ClaimsSet, service: AttestationService): void => {
  if (service.kind !== 'azure') return
  const type = claimOf(claims, 'x-ms-attestation-type')
  check(tpmTypes.includes(type), 'its "x-ms-attestation-type" is not that of a TPM')
  const isOfTpm = claimOf(claims, 'aikValidated') === true
  check(isOfTpm, 'its "aikValidated" is not true: no TPM is known to have vouched')
  const hash = claimOf(claims, 'x-ms-policy-hash')
  check(
    service.policyHashes.some((listed) => listed === hash),
    'its "x-ms-policy-hash" is none that the tenant lists',
  )
}

/**
 * Checks that an attestation vouched for a key: the whole value at the configured path is the hash of it, in the one spelling
 * of its encoding. A value that merely holds the hash, or is one of a list of nonces (RFC 9711 section 4.1), may have been
 * chosen by whoever holds another key.
 */
const checkBinding = (claims: ClaimsSet, { binding }: AttestationService, keyHash: string): void => {
  const { path, encoding } = binding
  if (claimAt(claims, path) === Buffer.from(keyHash, 'hex').toString(encoding)) return
  throw new Refusal(
    'attestation-unbound',
    `Cannot accept the attestation: its "${[path].flat().join('.')}" is not the SHA-256 of the request's key as ${encoding}.`,
  )
}

/** An attestation proves that a healthy machine vouched for the key, and which one only where it names the device. */
const checkDevice = (
  claims: ClaimsSet,
  { deviceIdClaim }: AttestationService,
  { token, configured }: AttestationOrder,
): void => {
  const named = namedDevice(claims, deviceIdClaim)
  if (named !== undefined) return check(named === token.facts.deviceId, 'it is of another device')
  check(configured?.anyMachine === true, 'it names no device, and the tenant does not let any machine vouch')
}

/**
 * Checks all that an authentic attestation says of itself: its age, what judged the machine, and that it is about the key and
 * the device of the request.
 * @returns when it was issued, seconds since 1970.
 * @throws {Refusal} `attestation-unbound`, `attestation-refused`, `token-claim-invalid` or those of checkTimes()
 */
export const checkAttestation = (
  claims: ClaimsSet,
  service: AttestationService,
  order: AttestationOrder,
): number => {
  const { maxAgeSeconds: maxTokenAgeSeconds, clockToleranceSeconds } = service
  const { issuedAt } = checkTimes(claims, order.now.getTime() / 1000, {
    maxTokenAgeSeconds,
    clockToleranceSeconds,
    // Those of Azure Attestation live a day, or up to a year: what limits them here is their age.
    maxLifetimeSeconds: Infinity,
  })
  checkAudience(claims, service)
  checkAzure(claims, service)
  checkBinding(claims, service, order.csr.keyHash)
  checkDevice(claims, service, order)
  return issuedAt
}
