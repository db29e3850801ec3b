import type { Entry } from '../../lib/ledger/record/entry.ts'
import type { RefusalEntry } from '../../lib/ledger/record/refusalEntry.ts'
import type { RecordedSignals } from '../../lib/ledger/record/signalsColumn.ts'
import { certificateDigest } from '../../lib/x509/certificate.ts'
import { encodePem } from '../../lib/x509/pemBlock.ts'

type Value = string | number | null | RecordedSignals

/** Tells of a row to a program: times as RFC 3339 texts, null for what the row does not have. */
export type LedgerRecord = Readonly<Record<string, Value>>

/** Writes a time as RFC 3339 text; null for one that a row lacks, as rows of older versions do. */
export const timeText = (time: Date): string | null =>
  Number.isNaN(time.getTime()) ? null : time.toISOString()

const orNull = (text: string): string | null => (text === '' ? null : text)

/** Reads each member of a record, in their order. */
type Members<Row> = Readonly<Record<string, (row: Row, tenant: string) => Value>>

type RecordOf<Of extends Members<never>> = { readonly [Name in keyof Of]: ReturnType<Of[Name]> }

const recordsOf =
  <Row, Of extends Members<Row>>(members: Of) =>
  (tenant: string, row: Row): RecordOf<Of> =>
    Object.fromEntries(
      Object.entries(members).map(([name, read]) => [name, read(row, tenant)]),
    ) as RecordOf<Of>

const issuanceMembers = {
  tenant: (_: Entry, tenant: string) => tenant,
  issuedAt: (entry: Entry) => timeText(entry.issuedAt),
  upn: (entry: Entry) => entry.upn,
  deviceId: (entry: Entry) => orNull(entry.deviceId),
  serialNumber: (entry: Entry) => entry.serialNumber,
  issuerId: (entry: Entry) => entry.issuerId,
  notBefore: (entry: Entry) => timeText(entry.notBefore),
  notAfter: (entry: Entry) => timeText(entry.notAfter),
  renewalStart: (entry: Entry) => timeText(entry.renewalStart),
  renewalEnd: (entry: Entry) => timeText(entry.renewalEnd),
  tokenIssuer: (entry: Entry) => orNull(entry.tokenIssuer),
  subject: (entry: Entry) => orNull(entry.subject),
  tokenId: (entry: Entry) => orNull(entry.tokenId),
  client: (entry: Entry) => orNull(entry.client),
  tokenIssuedAt: (entry: Entry) => timeText(entry.tokenIssuedAt),
  tokenExpiresAt: (entry: Entry) => timeText(entry.tokenExpiresAt),
  proof: (entry: Entry) => entry.proof,
  policy: (entry: Entry) => orNull(entry.policy),
  signals: (entry: Entry) => entry.signals,
  revision: (entry: Entry) => entry.revision,
  denyList: (entry: Entry) => entry.denyList,
  keyHash: (entry: Entry) => entry.keyHash,
  requestId: (entry: Entry) => entry.requestId,
  vaultRequestId: (entry: Entry) => orNull(entry.vaultRequestId),
  invocationId: (entry: Entry) => orNull(entry.invocationId),
  sha256: (entry: Entry) => certificateDigest(entry.certificate),
  certificate: (entry: Entry) => encodePem('CERTIFICATE', entry.certificate),
}

const refusalMembers = {
  tenant: (_: RefusalEntry, tenant: string) => tenant,
  at: (entry: RefusalEntry) => timeText(entry.at),
  code: (entry: RefusalEntry) => entry.code,
  upn: (entry: RefusalEntry) => orNull(entry.upn),
  deviceId: (entry: RefusalEntry) => orNull(entry.deviceId),
  detail: (entry: RefusalEntry) => entry.detail,
  tokenIssuer: (entry: RefusalEntry) => orNull(entry.tokenIssuer),
  subject: (entry: RefusalEntry) => orNull(entry.subject),
  tokenId: (entry: RefusalEntry) => orNull(entry.tokenId),
  keyHash: (entry: RefusalEntry) => orNull(entry.keyHash),
  signals: (entry: RefusalEntry) => entry.signals,
  revision: (entry: RefusalEntry) => entry.revision,
  invocationId: (entry: RefusalEntry) => orNull(entry.invocationId),
  suppressed: (entry: RefusalEntry) => entry.suppressed,
}

export const issuanceRecord = recordsOf<Entry, typeof issuanceMembers>(issuanceMembers)
export const refusalRecord = recordsOf<RefusalEntry, typeof refusalMembers>(refusalMembers)

export type IssuanceRecord = ReturnType<typeof issuanceRecord>
export type RefusalRecord = ReturnType<typeof refusalRecord>

/** Leaves out the certificate, which is no use in a spreadsheet; its digest is. */
export const issuanceColumns = Object.keys(issuanceMembers).filter((name) => name !== 'certificate')
export const refusalColumns = Object.keys(refusalMembers)
