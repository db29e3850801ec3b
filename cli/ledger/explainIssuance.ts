import { createPublicKey } from 'node:crypto'
import type { Authority } from '../../lib/authority/authority.ts'
import type { Generation } from '../../lib/authority/generation.ts'
import type { FoundIssuance } from '../../lib/ledger/search/searchIssuances.ts'
import { actorText } from '../../lib/tenant/actor.ts'
import type { StoredRevision } from '../../lib/tenant/storedRevision.ts'
import {
  type Certificate,
  extensionValue,
  parseCertificate,
  serialNumberHex,
} from '../../lib/x509/certificate.ts'
import { decodeSubjectAltName, extensionOid } from '../../lib/x509/extension.ts'
import { keyHash } from '../../lib/x509/publicKey.ts'
import { verifiesSignature } from '../../lib/x509/signatureAlgorithm.ts'
import type { TbsCertificate } from '../../lib/x509/tbsCertificate.ts'
import { contentOf } from '../../lib/tenant/revisionContent.ts'
import type { TenantId } from '../../lib/tenant/tenantId.ts'
import type { Entry } from '../../lib/ledger/record/entry.ts'
import { decideAgain } from './decideAgain.ts'
import type { DecidingRevision } from './policyFields.ts'
import { showCertificate } from './showCertificate.ts'
import { issuanceRecord, timeText } from './issuanceRecord.ts'

interface Explaining {
  readonly tenant: TenantId
  readonly found: FoundIssuance
  readonly authority: Authority | undefined
  /** Holds the configuration that decided; undefined when the tenant has none of this number. */
  readonly revision: StoredRevision | undefined
}

const generationJson = ({ id, state, digest, tbs }: Generation) => ({
  id,
  state,
  sha256: digest,
  notBefore: tbs.notBefore.toISOString(),
  notAfter: tbs.notAfter.toISOString(),
})

const generationOf = (authority: Authority | undefined, id: string | undefined): Generation | undefined =>
  authority?.generations.find((generation) => generation.id === id)

/** Reads the user principal name of a certificate that Mayfly signed; undefined for any other. */
const userNameOf = (tbs: TbsCertificate): string | undefined => {
  const names = extensionValue(tbs, extensionOid.subjectAltName)
  try {
    const upn = names && decodeSubjectAltName(names).find((name) => name?.kind === 'upn')
    return upn?.kind === 'upn' ? upn.value : undefined
  } catch {
    return undefined
  }
}

/** Lists what a row says that its certificate does not: nobody but a writer of tables can have made it so. */
const disagreements = ({ entry }: FoundIssuance, { tbs }: Certificate): readonly string[] =>
  Object.entries({
    serialNumber: entry.serialNumber === serialNumberHex(tbs),
    upn: entry.upn === userNameOf(tbs),
    keyHash: entry.keyHash === keyHash(tbs.subjectPublicKeyInfo),
    notBefore: entry.notBefore.getTime() === tbs.notBefore.getTime(),
    notAfter: entry.notAfter.getTime() === tbs.notAfter.getTime(),
  })
    .filter(([, agrees]) => !agrees)
    .map(([column]) => `the column ${column} is not that of the certificate`)

/** Tells whether an issuer signed a certificate. */
const isSignedBy = (
  { tbs, signed, signature }: Certificate,
  { tbs: issuer }: Pick<Generation, 'tbs'>,
): boolean => {
  const key = Buffer.from(issuer.subjectPublicKeyInfo)
  const publicKey = createPublicKey({ key, format: 'der', type: 'spki' })
  return verifiesSignature({ algorithm: tbs.signature, publicKey, signed, signature })
}

/** Finds the issuer of a tenant that signed a certificate, in whatever state it is. */
export const signerOf = (
  certificate: Certificate,
  authority: Authority | undefined,
): Generation | undefined =>
  authority?.generations.find((one) => one.kind === 'issuer' && isSignedBy(certificate, one))

const signatureAlarm = (
  { entry }: FoundIssuance,
  certificate: Certificate,
  issuer: Generation | undefined,
): readonly string[] => {
  if (!issuer) return [`the tenant has no ${entry.issuerId}`]
  return isSignedBy(certificate, issuer) ? [] : [`${entry.issuerId} did not sign the certificate`]
}

/** Tells a program which revision decided. */
export const decidingRevision = (
  { revision: number }: Pick<Entry, 'revision'>,
  revision: StoredRevision | undefined,
): DecidingRevision => ({
  revision: number,
  appliedAt: revision ? timeText(revision.appliedAt) : null,
  appliedBy: revision ? actorText(revision.appliedBy) : null,
})

export const revisionAlarm = (revision: StoredRevision | undefined, number: number): readonly string[] => {
  if (!revision) return [`the tenant has no revision ${number}`]
  return revision.isIntact ? [] : [`revision ${number} is not the one that was applied`]
}

/**
 * Explains an issuance: what the ledger says, who decided and who signed, and the certificate decoded.
 * @throws {Refusal} `certificate-malformed` when the row holds none.
 */
export const explainIssuance = ({ tenant, found, authority, revision }: Explaining) => {
  const { table, entry } = found
  const certificate = parseCertificate(entry.certificate)
  const issuer = generationOf(authority, entry.issuerId)
  const root = generationOf(authority, issuer?.signedBy)
  const {
    explanation = null,
    whyNot = null,
    alarms,
  } = decideAgain(entry, revision && contentOf(tenant, revision))
  return {
    table,
    issuance: issuanceRecord(tenant, entry),
    configuration: decidingRevision(entry, revision),
    /** The decision made again, with what came of every policy; null where it cannot be, and why. */
    explanation,
    unexplained: whyNot,
    issuer: issuer ? generationJson(issuer) : null,
    root: root ? generationJson(root) : null,
    certificate: showCertificate(certificate),
    /** Tells what is not as Mayfly leaves it; empty when all is well. */
    alarms: [
      ...signatureAlarm(found, certificate, issuer),
      ...disagreements(found, certificate),
      ...revisionAlarm(revision, entry.revision),
      ...alarms,
    ],
  }
}

export type Explained = ReturnType<typeof explainIssuance>
