import { createHash, X509Certificate } from 'node:crypto'
import type { Entry } from '../../lib/ledger/record/entry.ts'

/** A certificate as a client got it. */
export interface Receipt {
  /** SHA-256 of the client's SubjectPublicKeyInfo, lower-case hex. */
  readonly keyHash: string
  readonly status: 200 | 201
  /** The whole answer. */
  readonly body: string
  /** DER. */
  readonly certificate: Uint8Array
}

/** What clients did with one token, and what they have of it. */
export interface Purchase {
  readonly tokenId: string
  /** The hash of every key that asked. */
  readonly keys: Set<string>
  readonly receipts: Receipt[]
  /** The keys that were told that the token was spent on another one. */
  readonly replayed: Set<string>
  /** Answers that nobody should get, and clients that gave up. */
  readonly troubles: string[]
}

/** What of a ledger row is held up to the clients. */
export type AuditedRow = Pick<
  Entry,
  'tokenId' | 'keyHash' | 'serialNumber' | 'requestId' | 'invocationId' | 'certificate'
>

/** Both sides of the comparison, and what the vault logged. */
export interface Books {
  readonly purchases: readonly Purchase[]
  readonly rows: readonly AuditedRow[]
  /** The request ids of all signatures. */
  readonly signed: ReadonlySet<string>
}

const isSame = (one: Uint8Array, other: Uint8Array): boolean => Buffer.compare(one, other) === 0

const keyHashOf = (certificate: Uint8Array): string => {
  const { publicKey } = new X509Certificate(certificate)
  return createHash('sha256')
    .update(publicKey.export({ format: 'der', type: 'spki' }))
    .digest('hex')
}

/** What a row says of itself that its own certificate does not. */
const rowViolations = (row: AuditedRow): readonly string[] => {
  const { serialNumber } = new X509Certificate(row.certificate)
  const isOwnSerial = BigInt(`0x${serialNumber}`) === BigInt(`0x${row.serialNumber}`)
  return [
    ...(isOwnSerial ? [] : ['its row names another serial number than its certificate']),
    ...(keyHashOf(row.certificate) === row.keyHash ? [] : ['its row names another key than its certificate']),
  ]
}

const receiptViolations = ({ receipts, replayed }: Purchase, row: AuditedRow): readonly string[] => [
  ...(receipts.every(({ certificate }) => isSame(certificate, row.certificate))
    ? []
    : ['a client holds other bytes than the ledger']),
  ...(receipts.every(({ keyHash }) => keyHash === row.keyHash) ? [] : ['it bought two keys']),
  ...(replayed.has(row.keyHash) ? ['the key that bought the certificate was refused as a replay'] : []),
]

const answerViolations = ({ keys, receipts, replayed, troubles }: Purchase): readonly string[] => {
  const served = new Set(receipts.map(({ keyHash }) => keyHash))
  const unanswered = [...keys].filter((key) => !served.has(key) && !replayed.has(key))
  return [
    ...troubles,
    ...(unanswered.length === 0 ? [] : ['a key got neither certificate nor refusal']),
    ...(receipts.filter(({ status }) => status === 201).length > 1 ? ['it was answered 201 twice'] : []),
    ...(new Set(receipts.map(({ body }) => body)).size > 1 ? ['its answers differ'] : []),
  ]
}

const purchaseViolations = (purchase: Purchase, rows: readonly AuditedRow[]): readonly string[] => {
  const [row] = rows
  const found = row
    ? [...rowViolations(row), ...receiptViolations(purchase, row)]
    : purchase.receipts.length > 0
      ? ['a client holds a certificate that the ledger does not']
      : ['it has no row']
  return [
    ...answerViolations(purchase),
    ...found,
    ...(rows.length > 1 ? [`it has ${rows.length} rows`] : []),
    ...(row && purchase.receipts.length === 0 ? ['nobody holds the certificate of its row'] : []),
  ]
}

const grouped = (rows: readonly AuditedRow[]): ReadonlyMap<string, AuditedRow[]> =>
  Map.groupBy(rows, ({ tokenId }) => tokenId)

/** Holds clients and ledger up to each other. @returns what is wrong, a line each; nothing when all is well. */
export const findViolations = ({ purchases, rows, signed }: Books): readonly string[] => {
  const byToken = grouped(rows)
  const known = new Set(purchases.map(({ tokenId }) => tokenId))
  const serials = new Set(rows.map(({ serialNumber }) => serialNumber))
  return [
    ...purchases.flatMap((purchase) =>
      purchaseViolations(purchase, byToken.get(purchase.tokenId) ?? []).map(
        (violation) => `token ${purchase.tokenId}: ${violation}`,
      ),
    ),
    ...[...byToken.keys()].filter((id) => !known.has(id)).map((id) => `token ${id}: nobody asked with it`),
    ...(serials.size === rows.length ? [] : [`${rows.length - serials.size} serial numbers are not unique`]),
    ...rows
      .filter(({ requestId }) => !signed.has(requestId))
      .map(({ tokenId }) => `token ${tokenId}: the vault knows no signature of its row`),
  ]
}

/** Purchases whose only answers are 200: the one that recorded the row was cut off, and a retry fetched it. */
export const recovered = (purchases: readonly Purchase[]): readonly Purchase[] =>
  purchases.filter(({ receipts }) => receipts.length > 0 && receipts.every(({ status }) => status === 200))
