import { authorityAlgorithms, type AuthorityAlgorithm } from '../keys/signer.ts'
import type { NewRow, StoredRow } from '../store/tables.ts'
import { parseTenantId, type TenantId } from '../tenant/tenantId.ts'
import { type Certificate, certificateDigest, extensionValue, parseCertificate } from '../x509/certificate.ts'
import type { TbsCertificate } from '../x509/tbsCertificate.ts'
import { decodeExtKeyUsage, extensionOid } from '../x509/extension.ts'

/** Reads the key purposes, dotted, that the certificate of a generation is constrained to; none where it is to none. */
export const purposesOf = ({ tbs }: Pick<Generation, 'tbs'>): readonly string[] => {
  const value = extensionValue(tbs, extensionOid.extKeyUsage)
  return value === undefined ? [] : decodeExtKeyUsage(value)
}

/** Tells whether an issuer of these key purposes may sign for a marker: for the service, plans and doctor alike. */
export const maySignFor = (purposes: readonly string[], markerOid: string): boolean =>
  purposes.includes(markerOid)

/** A row of an authority that Mayfly did not write: for the service a defect, for the CLI a reason to refuse. */
export class AlteredRow extends Error {
  override readonly name = 'AlteredRow'
}

const states = ['staged', 'active', 'retiring', 'retired', 'tainted'] as const

/** Names the states between making and end; docs/architecture.md shows what moves from one to the next. */
export type GenerationState = (typeof states)[number]

/** One root or issuer in time. */
export interface Generation {
  readonly tenant: TenantId
  readonly kind: 'root' | 'issuer'
  /** `root~0001`, `issuer~0001`: also its row key. */
  readonly id: string
  readonly state: GenerationState
  /** DER Certificate. */
  readonly certificate: Uint8Array
  readonly tbs: TbsCertificate
  /** SHA-256 of the certificate, lower-case hex. */
  readonly digest: string
  readonly algorithm: AuthorityAlgorithm
  /** How the signer of its key is opened; `offline:` for a root whose key Mayfly cannot reach. */
  readonly keyReference: string
  /** The id of the generation that signed it; a root's own. */
  readonly signedBy: string
  /** The sequence of the first bundle that holds it. */
  readonly publishedSequence: number
  readonly publishedAt: Date
  /** When it came into its state. */
  readonly changedAt: Date
  /** Version of its row; empty before it is written. */
  readonly etag: string
}

/** The key reference of a root whose key is kept where no command reaches it. */
export const offlineKeyReference = 'offline:'

/** Tells whether a command can reach the key, unless that is disabled or lost. */
export const isOnline = ({ keyReference }: Pick<Generation, 'keyReference'>): boolean =>
  keyReference !== offlineKeyReference

/** Tells whether the certificate is valid now. */
export const isValid = ({ tbs }: Pick<Generation, 'tbs'>, now: Date): boolean =>
  tbs.notBefore <= now && now < tbs.notAfter

/** Numbers generations so that row keys sort by age. */
export const generationId = (kind: Generation['kind'], number: number): string =>
  `${kind}~${String(number).padStart(4, '0')}`

/** The number of a generation among its kind. */
export const generationNumber = ({ id }: Pick<Generation, 'id'>): number => Number(id.split('~')[1])

/** Leaves out what is read from the certificate. */
export type NewGeneration = Omit<Generation, 'tbs' | 'digest' | 'etag'>

/** The states whose certificates relying parties hold. */
const publishedStates = ['staged', 'active', 'retiring'] as const

/** Tells whether the bundle holds the generation. */
export const isPublished = <Subject extends Pick<Generation, 'state'>>(
  generation: Subject,
): generation is Subject & { readonly state: (typeof publishedStates)[number] } =>
  publishedStates.some((state) => state === generation.state)

/** Completes a generation that is not written yet. @throws {Refusal} `certificate-malformed` */
export const newGeneration = (parts: NewGeneration): Generation => ({
  ...parts,
  tbs: parseCertificate(parts.certificate).tbs,
  digest: certificateDigest(parts.certificate),
  etag: '',
})

/** A generation as its row stores it. */
export const toRow = (generation: NewGeneration): NewRow => {
  const { tenant, kind, id, state, certificate, algorithm, keyReference, signedBy } = generation
  const { publishedSequence, publishedAt, changedAt } = generation
  const times = { publishedAt: publishedAt.toISOString(), changedAt: changedAt.toISOString() }
  const values = { kind, state, certificate, algorithm, keyReference, signedBy, publishedSequence, ...times }
  return { partition: tenant, row: id, values }
}

const rowForm = /^(root|issuer)~\d{4}$/

/** One of the texts that a property may have. */
const oneOf = <Text extends string>(row: StoredRow, property: string, texts: readonly Text[]): Text => {
  const found = texts.find((text) => text === row.values[property])
  if (found !== undefined) return found
  throw new AlteredRow(`The row ${row.partition} ${row.row} has a ${property} that Mayfly does not know.`)
}

/** A time that a row stores as RFC 3339 text. */
export const timeOf = ({ partition, row, values }: StoredRow, property: string): Date => {
  const time = new Date(String(values[property]))
  if (!Number.isNaN(time.getTime())) return time
  throw new AlteredRow(`The row ${partition} ${row} has a ${property} that is no time.`)
}

/** Reads the certificate of a row. One that cannot be read is a defect, not a refusal of the request that meets it. */
export const certificateOf = ({ partition, row, values }: StoredRow): Certificate => {
  try {
    const { certificate } = values
    if (certificate instanceof Uint8Array) return parseCertificate(certificate)
    throw new TypeError('It has none.')
  } catch (error) {
    throw new AlteredRow(`The certificate of ${partition} ${row} cannot be read.`, { cause: error })
  }
}

/** A generation as its row says it; undefined for other rows of the partition. */
export const fromRow = (row: StoredRow): Generation | undefined => {
  if (!rowForm.test(row.row)) return undefined
  const { keyReference, signedBy, publishedSequence } = row.values
  const { der, tbs } = certificateOf(row)
  return {
    tenant: parseTenantId(row.partition),
    kind: oneOf(row, 'kind', ['root', 'issuer']),
    id: row.row,
    state: oneOf(row, 'state', states),
    certificate: der,
    tbs,
    digest: certificateDigest(der),
    algorithm: oneOf(row, 'algorithm', authorityAlgorithms),
    keyReference: String(keyReference),
    signedBy: String(signedBy),
    publishedSequence: Number(publishedSequence),
    publishedAt: timeOf(row, 'publishedAt'),
    changedAt: timeOf(row, 'changedAt'),
    etag: row.etag,
  }
}
