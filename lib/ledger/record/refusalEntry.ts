import type { StoredRow, Value } from '../../store/tables.ts'
import { type RecordedSignals, signalsColumn } from './signalsColumn.ts'

/** One refused request whose token was signed by an issuer the tenant trusts. What the token did not say is empty. */
export interface RefusalEntry {
  readonly at: Date
  /** Of the catalogue. */
  readonly code: string
  /** As the client was told it. */
  readonly detail: string
  /** The host's id of the request: its log line and the problem document have it. */
  readonly invocationId: string
  /** As the token says it: where the refusal is about the name, nobody has checked it. */
  readonly upn: string
  readonly deviceId: string
  readonly tokenIssuer: string
  readonly subject: string
  readonly tokenId: string
  /** SHA-256 of the SubjectPublicKeyInfo, lower-case hex; empty when the CSR was not understood, or not looked at. */
  readonly keyHash: string
  /** All that the decision rested on; an empty list when it was refused before. */
  readonly signals: RecordedSignals
  /** The number of the configuration revision that decided. */
  readonly revision: number
  /** Refusals of the tenant that this instance did not record since the last one that it did: there were too many. */
  readonly suppressed: number
}

/** The values of a refusal's row. */
export const refusalValues = (entry: RefusalEntry): Readonly<Record<string, Value>> => ({
  ...entry,
  at: entry.at.toISOString(),
  signals: signalsColumn.write(entry.signals),
})

/** Reads a refusal from its row. */
export const refusalFromRow = ({ values }: StoredRow): RefusalEntry => {
  const text = (name: keyof RefusalEntry) => String(values[name] ?? '')
  const number = (name: keyof RefusalEntry) => Number(values[name] ?? 0)
  return {
    at: new Date(text('at')),
    code: text('code'),
    detail: text('detail'),
    invocationId: text('invocationId'),
    upn: text('upn'),
    deviceId: text('deviceId'),
    tokenIssuer: text('tokenIssuer'),
    subject: text('subject'),
    tokenId: text('tokenId'),
    keyHash: text('keyHash'),
    signals: signalsColumn.read(values['signals']),
    revision: number('revision'),
    suppressed: number('suppressed'),
  }
}
