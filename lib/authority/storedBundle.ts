import { createHash } from 'node:crypto'
import type { NewRow, StoredRow } from '../store/tables.ts'
import type { TenantId } from '../tenant/tenantId.ts'
import { AlteredRow } from './alteredRow.ts'
import { timeOf } from './generation.ts'

/** The files that a bundle is published as, by the last part of their path. */
export const bundleFiles = ['trust.json', 'trust.jws', 'trust.pem', 'trust.p7b'] as const

/** One file of the bundle. */
export type BundleFile = (typeof bundleFiles)[number]

/** The octets of each file of one bundle. */
export type BundleEncodings = Readonly<Record<BundleFile, Uint8Array>>

/** The bundle in force, as the CLI built and signed it. */
export interface StoredBundle {
  /** Grows by one with each change of the authority. */
  readonly sequence: number
  readonly issuedAt: Date
  readonly encodings: BundleEncodings
  /** SHA-256 of each file, lower-case hex. */
  readonly digests: Readonly<Record<BundleFile, string>>
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

/** A bundle that is not written yet. */
export const newBundle = (sequence: number, issuedAt: Date, encodings: BundleEncodings): StoredBundle => ({
  sequence,
  issuedAt,
  encodings,
  digests: eachFile((file) => sha256(encodings[file])),
  etag: '',
})

/** A bundle as its row stores it. */
export const bundleRow = (tenant: TenantId, { sequence, issuedAt, encodings }: StoredBundle): NewRow => ({
  partition: tenant,
  row: bundleRowKey,
  values: {
    sequence,
    issuedAt: issuedAt.toISOString(),
    ...Object.fromEntries(bundleFiles.map((file) => [propertyOf[file], encodings[file]])),
  },
})

const octetsOf = ({ partition, row, values }: StoredRow, file: BundleFile): Uint8Array => {
  const octets = values[propertyOf[file]]
  if (octets instanceof Uint8Array) return octets
  throw new AlteredRow(`The row ${partition} ${row} lacks ${file}.`)
}

/** A bundle as its row says it. */
export const bundleFromRow = (row: StoredRow): StoredBundle => ({
  ...newBundle(
    Number(row.values['sequence']),
    timeOf(row, 'issuedAt'),
    eachFile((file) => octetsOf(row, file)),
  ),
  etag: row.etag,
})
