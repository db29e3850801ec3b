import type { Authority } from '../authority.ts'
import { type AuthorityKey, makeKey, openGenerationKey } from '../authorityKey.ts'
import { certifyIssuer, issuerExpectation } from './certifyIssuer.ts'
import type { Ceremony, Change } from './changeAuthority.ts'
import { type Generation, isOnline, maySignFor, purposesOf } from '../generation.ts'
import { isFresh, keyName, made, nextNumber } from './nextNumber.ts'
import { rfc3339 } from '../../text/rfc3339.ts'
import { Refusal } from '../../errors/refusal.ts'
import { lintImportedIssuer } from '../../profile/lintImportedRoot.ts'
import type { Tenant } from '../../tenant/tenants.ts'
import { parseCertificate } from '../../x509/certificate.ts'
import { parsePublicKey } from '../../x509/publicKey.ts'
import { verifiesSignature } from '../../x509/signatureAlgorithm.ts'
import { checkDistinct, lintImported } from './lintImported.ts'
import { type Beneath, openRequestedKey } from './requestKey.ts'

export interface IssuerStaging extends Beneath {
  /** DER Certificate that an offline root signed; without it the root's key signs now. */
  readonly certificate?: Uint8Array | undefined
}

/**
 * The root that an issuer is staged beneath: the active one unless another is named.
 * @throws {Refusal} `transition-refused` unless it is active or staged, and has not ended.
 */
export const issuingRoot = (before: Authority, named: Generation | undefined, now: Date): Generation => {
  const root = named ?? before.generations.find(({ kind, state }) => kind === 'root' && state === 'active')
  if (!root) throw new Refusal('transition-refused', 'Cannot stage an issuer: no root is active. Name one.')
  if (root.kind !== 'root' || (root.state !== 'active' && root.state !== 'staged'))
    throw new Refusal('transition-refused', `Cannot stage an issuer: ${root.id} is ${root.state}.`)
  if (now < root.tbs.notAfter) return root
  const end = rfc3339(root.tbs.notAfter)
  throw new Refusal('transition-refused', `Cannot stage an issuer: its root ${root.id} ended at ${end}.`)
}

/**
 * Checks that the root can certify an issuer now, or did already.
 * @throws {Refusal} `transition-refused` beneath an offline root without the certificate that it made.
 */
export const checkCertifiable = ({ root, certificate }: IssuerStaging): void => {
  if (certificate || isOnline(root)) return
  throw new Refusal(
    'transition-refused',
    `Cannot use the key of ${root.id}: it is offline. Run --csr-out, have it sign, then run --certificate-in.`,
  )
}

/** The issuer's certificate and key: made now, the key of a command that crashed used; or taken in. */
const certified = async (
  tenant: Tenant,
  { before, root, certificate: der }: IssuerStaging,
  ceremony: Ceremony,
): Promise<{ readonly certificate: Uint8Array; readonly key: AuthorityKey }> => {
  if (der) return importIssuer(tenant, { before, root, der }, ceremony)
  const number = nextNumber(before, 'issuer')
  const rootKey = await openGenerationKey(ceremony.rootKeys, root)
  const { algorithm } = tenant.configuration.authority
  const key = await makeKey(ceremony.issuerKeys, keyName(tenant, 'issuer', number), algorithm)
  const issuer = { publicKey: key.publicKey, number, root: { tbs: root.tbs, key: rootKey } }
  return { certificate: await certifyIssuer(tenant, issuer, ceremony), key }
}

/** Tells whether an issuer is what the tenant would stage now, its key where its keys are made. */
const willDo = (
  { configuration }: Tenant,
  issuer: Generation,
  { issuerKeys, now }: Pick<Ceremony, 'issuerKeys' | 'now'>,
): boolean =>
  isFresh(issuer, now) &&
  issuer.algorithm === configuration.authority.algorithm &&
  maySignFor(purposesOf(issuer), configuration.certificate.markerOid) &&
  issuerKeys.holds(issuer.keyReference)

/** The issuer that waits beneath a root already: one that lasts and is as the tenant wants it, or of this certificate. */
export const waitingIssuer = (
  tenant: Tenant,
  { before, root, certificate }: IssuerStaging,
  ceremony: Pick<Ceremony, 'issuerKeys' | 'now'>,
): Generation | undefined =>
  before.generations
    .filter(({ kind, state, signedBy }) => kind === 'issuer' && state === 'staged' && signedBy === root.id)
    .find((one) =>
      certificate ? Buffer.compare(one.certificate, certificate) === 0 : willDo(tenant, one, ceremony),
    )

/**
 * Plans the next issuer: published, signing nothing yet. One that waits beneath the root will do.
 * @throws {Refusal} `certificate-refused`, `certificate-malformed`, `key-mismatch`, `transition-refused`, `lint-failed`,
 *   `signer-unavailable`, `signature-unverified` or `tables-unavailable`
 */
export const stageIssuer = async (
  tenant: Tenant,
  staging: IssuerStaging,
  ceremony: Ceremony,
): Promise<{ readonly generation: Generation; readonly change: Change | undefined }> => {
  const { before, root } = staging
  const waiting = waitingIssuer(tenant, staging, ceremony)
  if (waiting) return { generation: waiting, change: undefined }
  checkCertifiable(staging)
  const { certificate, key } = await certified(tenant, staging, ceremony)
  const origin = { kind: 'issuer', state: 'staged', signedBy: root.id } as const
  const number = nextNumber(before, 'issuer')
  const { algorithm } = key.signer
  const parts = { ...origin, number, certificate, algorithm, keyReference: key.reference }
  const generation = made(tenant, before, parts, ceremony)
  const change = {
    action: 'stage-issuer',
    generations: [...before.generations, generation],
    crossCertificates: before.crossCertificates,
    changes: [`${generation.id} staged`],
    forced: [],
  }
  return { generation, change }
}

const refuse = (why: string) => new Refusal('certificate-refused', `Cannot stage the issuer: ${why}.`)

/**
 * Takes in the certificate that a root made elsewhere signed for a key which was requested beneath it.
 * @returns the certificate, DER, and its key.
 * @throws {Refusal} `certificate-refused`, `certificate-malformed`, `key-file-refused`, `signer-refused`,
 *   `signer-unavailable` or `tables-unavailable`
 */
export const importIssuer = async (
  tenant: Tenant,
  { before, root, der }: Beneath & { readonly der: Uint8Array },
  ceremony: Ceremony,
): Promise<{ readonly certificate: Uint8Array; readonly key: AuthorityKey }> => {
  const certificate = parseCertificate(der)
  const { tbs, signed, signature } = certificate
  const key = await openRequestedKey(tbs, root, ceremony)
  lintImported(() => lintImportedIssuer(signed, issuerExpectation(tenant, key.publicKey, root.tbs)))
  const { keyObject: publicKey } = parsePublicKey(root.tbs.subjectPublicKeyInfo)
  if (!verifiesSignature({ algorithm: tbs.signature, publicKey, signed, signature }))
    throw refuse(`${root.id} did not sign its certificate`)
  if (ceremony.now < tbs.notBefore || tbs.notAfter <= ceremony.now)
    throw refuse('its certificate is not valid now')
  checkDistinct(certificate, before.generations)
  return { certificate: der, key }
}
