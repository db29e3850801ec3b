import { createHash } from 'node:crypto'
import type { NewRow, StoredRow } from '../store/tables.ts'
import type { TenantId } from '../tenant/tenantId.ts'
import { AlteredRow, timeOf } from './generation.ts'

/** The files that a bundle is published as, by the last part of their path. */
export const bundleFiles = ['trust.json', 'trust.jws', 'trust.pem', 'trust.p7b'] as const

/** One file of the bundle. */
export type BundleFile = (typeof bundleFiles)[number]

/** The octets of each file of one bundle. */
export type BundleEncodings = Readonly<Record<BundleFile, Uint8Array>>

/** The bundle in force, as its row holds it: only what is in `trust.jws` is signed. */
export interface StoredBundle {
  /** Grows by one with each change of the authority. */
  readonly sequence: number
  readonly issuedAt: Date
  readonly encodings: BundleEncodings
  /** SHA-256 of each file, lower-case hex. */
  readonly digests: Readonly<Record<BundleFile, string>>
  /** `trust.jws` as the other roots signed it whose keys were within reach. */
  readonly cosigned: readonly string[]
  /** Version of its row, which guards every change of the authority; empty before it is written. */
  readonly etag: string
}

/** The row of the bundle in force. */
export const bundleRowKey = 'bundle~current'

const propertyOf: Readonly<Record<BundleFile, string>> = {
  'trust.json': 'json',
  'trust.jws': 'jws',
  'trust.pem': 'pem',
  'trust.p7b': 'pkcs7',
}

/** The most octets of a file: what one property of a row holds. */
export const maxBundleOctets = 64 * 1024

const sha256 = (octets: Uint8Array): string => createHash('sha256').update(octets).digest('hex')

const eachFile = <Value>(valueOf: (file: BundleFile) => Value): Readonly<Record<BundleFile, Value>> =>
  Object.fromEntries(bundleFiles.map((file) => [file, valueOf(file)])) as Record<BundleFile, Value>

/** SHA-256 of each file, lower-case hex. */
export const digestsOf = (encodings: BundleEncodings): Readonly<Record<BundleFile, string>> =>
  eachFile((file) => sha256(encodings[file]))

/** A bundle that is not written yet. */
export const newBundle = (
  sequence: number,
  issuedAt: Date,
  { encodings, cosigned }: Pick<StoredBundle, 'encodings' | 'cosigned'>,
): StoredBundle => ({
  sequence,
  issuedAt,
  encodings,
  digests: digestsOf(encodings),
  cosigned,
  etag: '',
})

/** A JWS without its content (RFC 7515 appendix F): all of them have that of `trust.jws`. */
const detach = (jws: string): string => jws.replace(/\..*\./, '..')

const attach = (detached: string, jws: string): string =>
  detached.replace('..', `.${jws.split('.')[1] ?? ''}.`)

/** The signatures of the other roots as the row stores them. */
export const signatureOctets = ({ cosigned }: Pick<StoredBundle, 'cosigned'>): Uint8Array =>
  Buffer.from(cosigned.map(detach).join('\n'))

/** A bundle as its row stores it. */
export const bundleRow = (tenant: TenantId, bundle: StoredBundle): NewRow => ({
  partition: tenant,
  row: bundleRowKey,
  values: {
    sequence: bundle.sequence,
    issuedAt: bundle.issuedAt.toISOString(),
    signatures: signatureOctets(bundle),
    ...Object.fromEntries(bundleFiles.map((file) => [propertyOf[file], bundle.encodings[file]])),
  },
})

const octetsOf = ({ partition, row, values }: StoredRow, file: BundleFile): Uint8Array => {
  const octets = values[propertyOf[file]]
  if (octets instanceof Uint8Array) return octets
  throw new AlteredRow(`The row ${partition} ${row} lacks ${file}.`)
}

/** A row that was written when only one root signed has none. */
const cosignedOf = ({ values: { signatures } }: StoredRow, jws: Uint8Array): readonly string[] =>
  signatures instanceof Uint8Array && signatures.length > 0
    ? Buffer.from(signatures)
        .toString('latin1')
        .split('\n')
        .map((detached) => attach(detached, Buffer.from(jws).toString('latin1')))
    : []

/** A bundle as its row says it. */
export const bundleFromRow = (row: StoredRow): StoredBundle => {
  const encodings = eachFile((file) => octetsOf(row, file))
  const cosigned = cosignedOf(row, encodings['trust.jws'])
  const sequence = Number(row.values['sequence'])
  return { ...newBundle(sequence, timeOf(row, 'issuedAt'), { encodings, cosigned }), etag: row.etag }
}
