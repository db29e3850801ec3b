import type { Entry } from '../../lib/ledger/record/entry.ts'
import type { RefusalEntry } from '../../lib/ledger/record/refusalEntry.ts'
import type { SignalRecord } from '../../lib/policy/decide.ts'
import { certificateDigest } from '../../lib/x509/certificate.ts'
import { encodePem } from '../../lib/x509/pemBlock.ts'

/** What a row says, as a program reads it: times as RFC 3339 texts, null for what the row does not have. */
export type LedgerRecord = Readonly<Record<string, string | number | null | readonly SignalRecord[]>>

/** A time as RFC 3339 text; null for one that a row lacks, as rows of older versions do. */
export const timeText = (time: Date): string | null =>
  Number.isNaN(time.getTime()) ? null : time.toISOString()

const orNull = (text: string): string | null => (text === '' ? null : text)

/** An issuance as a program reads it; its members are in the order of the columns of CSV. */
export const issuanceRecord = (tenant: string, entry: Entry) =>
  ({
    tenant,
    issuedAt: timeText(entry.issuedAt),
    upn: entry.upn,
    deviceId: orNull(entry.deviceId),
    serialNumber: entry.serialNumber,
    issuerId: entry.issuerId,
    notBefore: timeText(entry.notBefore),
    notAfter: timeText(entry.notAfter),
    renewalStart: timeText(entry.renewalStart),
    renewalEnd: timeText(entry.renewalEnd),
    tokenIssuer: orNull(entry.tokenIssuer),
    subject: orNull(entry.subject),
    tokenId: orNull(entry.tokenId),
    client: orNull(entry.client),
    tokenIssuedAt: timeText(entry.tokenIssuedAt),
    tokenExpiresAt: timeText(entry.tokenExpiresAt),
    proof: entry.proof,
    signals: entry.signals,
    revision: entry.revision,
    denyList: entry.denyList,
    keyHash: entry.keyHash,
    requestId: entry.requestId,
    vaultRequestId: orNull(entry.vaultRequestId),
    invocationId: orNull(entry.invocationId),
    sha256: certificateDigest(entry.certificate),
    certificate: encodePem('CERTIFICATE', entry.certificate),
  }) satisfies LedgerRecord

/** A refusal as a program reads it; its members are in the order of the columns of CSV. */
export const refusalRecord = (tenant: string, entry: RefusalEntry) =>
  ({
    tenant,
    at: timeText(entry.at),
    code: entry.code,
    upn: orNull(entry.upn),
    deviceId: orNull(entry.deviceId),
    detail: entry.detail,
    tokenIssuer: orNull(entry.tokenIssuer),
    subject: orNull(entry.subject),
    tokenId: orNull(entry.tokenId),
    keyHash: orNull(entry.keyHash),
    signals: entry.signals,
    revision: entry.revision,
    invocationId: orNull(entry.invocationId),
    suppressed: entry.suppressed,
  }) satisfies LedgerRecord

/** An issuance as a program reads it. */
export type IssuanceRecord = ReturnType<typeof issuanceRecord>

/** A refusal as a program reads it. */
export type RefusalRecord = ReturnType<typeof refusalRecord>
