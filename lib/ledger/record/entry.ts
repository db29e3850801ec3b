import type { StoredRow, Value } from '../../store/tables.ts'
import { type RecordedSignals, signalsColumn } from './signalsColumn.ts'

/** One issuance: what an auditor asks for, and what a retry gets. */
export interface Entry {
  /** DER Certificate. */
  readonly certificate: Uint8Array
  /** Lower-case hex. */
  readonly serialNumber: string
  /** SHA-256 of the SubjectPublicKeyInfo, lower-case hex. */
  readonly keyHash: string
  readonly issuedAt: Date
  readonly notBefore: Date
  readonly notAfter: Date
  /** The window in which the client renews; at its start the token is spent for good. */
  readonly renewalStart: Date
  readonly renewalEnd: Date
  /** The generation that signed. */
  readonly issuerId: string
  /** The UUID that the key was given with what it signed. */
  readonly requestId: string
  /** The id under which the key's own log shows the signature; empty for a local key, and in rows of older versions. */
  readonly vaultRequestId: string
  /** The host's id of the request that was first: its log line has it. */
  readonly invocationId: string
  readonly upn: string
  /** Empty when the token named no device. */
  readonly deviceId: string
  /** `iss` of the token. */
  readonly tokenIssuer: string
  /** Who the token is about, unique within its issuer. */
  readonly subject: string
  readonly tokenId: string
  /** The client that the token was issued to. */
  readonly client: string
  readonly tokenIssuedAt: Date
  readonly tokenExpiresAt: Date
  /** The proof of the device that held, by its name in Microsoft Graph; in rows of older versions, the claim that held. */
  readonly proof: string
  /** The id of the policy that permitted the certificate; empty in rows of older versions. */
  readonly policy: string
  /** All that the decision rested on. */
  readonly signals: RecordedSignals
  /** The number of the configuration revision that decided. */
  readonly revision: number
  /** The number of the deny list that was looked at; 0 before the first. */
  readonly denyList: number
}

/** A column of a row: how a member is stored, and read again. Rows of older versions lack some. */
interface Column<T> {
  readonly write: (value: T) => Value
  readonly read: (value: Value | undefined) => T
}

const text: Column<string> = { write: (value) => value, read: (value) => String(value ?? '') }
const time: Column<Date> = {
  write: (value) => value.toISOString(),
  read: (value) => new Date(String(value ?? '')),
}
const number: Column<number> = { write: (value) => value, read: (value) => Number(value ?? 0) }
const octets: Column<Uint8Array> = {
  write: (value) => value,
  read(value) {
    if (value instanceof Uint8Array) return value
    throw new Error('A ledger row has no certificate.')
  },
}

const columns: { readonly [Name in keyof Entry]: Column<Entry[Name]> } = {
  certificate: octets,
  serialNumber: text,
  keyHash: text,
  issuedAt: time,
  notBefore: time,
  notAfter: time,
  renewalStart: time,
  renewalEnd: time,
  issuerId: text,
  requestId: text,
  vaultRequestId: text,
  invocationId: text,
  upn: text,
  deviceId: text,
  tokenIssuer: text,
  subject: text,
  tokenId: text,
  client: text,
  tokenIssuedAt: time,
  tokenExpiresAt: time,
  proof: text,
  policy: text,
  signals: signalsColumn,
  revision: number,
  denyList: number,
}

const names = Object.keys(columns) as readonly (keyof Entry)[]

const writeColumn = <Name extends keyof Entry>(entry: Entry, name: Name): readonly [Name, Value] => [
  name,
  columns[name].write(entry[name]),
]

/** The values of an entry's row. */
export const entryValues = (entry: Entry): Readonly<Record<string, Value>> =>
  Object.fromEntries(names.map((name) => writeColumn(entry, name)))

/** Reads an entry from its row. */
export const entryFromRow = ({ values }: StoredRow): Entry =>
  Object.fromEntries(names.map((name) => [name, columns[name].read(values[name])])) as unknown as Entry
