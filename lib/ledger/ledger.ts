import { Refusal } from '../errors/refusal.ts'
import type { StoredRow, Tables } from '../store/tables.ts'
import { type LedgerToken, ledgerKey } from './ledgerKey.ts'

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
  /** The UUID under which the key's own log shows the signature. */
  readonly requestId: string
  readonly upn: string
  /** Empty when the token named no device. */
  readonly deviceId: string
  /** What proved the compliant device. */
  readonly proof: string
  /** The number of the configuration revision that decided. */
  readonly revision: number
}

/** The record of issuance: one row a token, written once and never changed. */
export interface Ledger {
  /** @returns what the token bought; undefined when it is unspent. @throws {Refusal} `tables-unavailable` */
  lookUp(token: LedgerToken): Promise<Entry | undefined>
  /**
   * Records an issuance unless the token was spent meanwhile.
   * @returns what the ledger holds: the entry given, or the one that was first.
   * @throws {Refusal} `tables-unavailable`: the entry may be recorded all the same, a retry tells.
   */
  record(token: LedgerToken, entry: Entry): Promise<Entry>
}

const toValues = (token: LedgerToken, entry: Entry) => ({
  ...entry,
  issuedAt: entry.issuedAt.toISOString(),
  notBefore: entry.notBefore.toISOString(),
  notAfter: entry.notAfter.toISOString(),
  renewalStart: entry.renewalStart.toISOString(),
  renewalEnd: entry.renewalEnd.toISOString(),
  tokenIssuer: token.issuer,
  subject: token.subject,
  tokenId: token.tokenId,
})

const fromRow = ({ values }: StoredRow): Entry => {
  const text = (name: string) => String(values[name])
  const time = (name: string) => new Date(text(name))
  const { certificate } = values
  if (!(certificate instanceof Uint8Array)) throw new Error('A ledger row has no certificate.')
  return {
    certificate,
    serialNumber: text('serialNumber'),
    keyHash: text('keyHash'),
    issuedAt: time('issuedAt'),
    notBefore: time('notBefore'),
    notAfter: time('notAfter'),
    renewalStart: time('renewalStart'),
    renewalEnd: time('renewalEnd'),
    issuerId: text('issuerId'),
    requestId: text('requestId'),
    upn: text('upn'),
    deviceId: text('deviceId'),
    proof: text('proof'),
    revision: Number(values['revision']),
  }
}

/** Keeps the ledger in daily tables. */
export const ledgerOf = (tables: Tables): Ledger => {
  const lookUp = async (token: LedgerToken): Promise<Entry | undefined> => {
    const { table, ...key } = ledgerKey(token)
    const row = await tables.get(table, key)
    return row && fromRow(row)
  }
  return {
    lookUp,
    async record(token, entry) {
      const { table, ...key } = ledgerKey(token)
      if (await tables.insert(table, { ...key, values: toValues(token, entry) })) return entry
      const first = await lookUp(token)
      if (first) return first
      throw new Refusal(
        'tables-unavailable',
        'Cannot record the certificate: its row exists and cannot be read.',
        {
          retryAfterSeconds: 5,
        },
      )
    },
  }
}
