import { createHash, timingSafeEqual } from 'node:crypto'
import type { Wait } from '../../deadline/deadline.ts'
import { Refusal } from '../../errors/refusal.ts'
import { cachedLookup } from '../../store/cachedLookup.ts'
import type { PartitionPart, StoredRow, Tables } from '../../store/tables.ts'
import { parseTenantId, type TenantId } from '../../tenant/tenantId.ts'

/** The table of relying parties. */
export const relyingPartiesTable = 'relyingParties'

/** The rows of parties, whose names begin with a letter or a digit: those of their history begin with `~`. */
export const partyRows: PartitionPart = { only: { from: '0', before: '~' } }

export interface PartyCredential {
  readonly name: string
  readonly secret: string
}

/** Secrets have 256 random bits, and so need no slow hash. */
export const hashSecret = (secret: string): string => createHash('sha256').update(secret).digest('hex')

/** A party that is not listed and a wrong secret are answered alike. */
const checkSecret = (row: StoredRow | undefined, { secret }: PartyCredential): StoredRow => {
  const expected = Buffer.from(String(row?.values['secretHash'] ?? hashSecret('')))
  const matches = timingSafeEqual(Buffer.from(hashSecret(secret)), expected)
  if (row && matches) return row
  throw new Refusal(
    'relying-party-refused',
    'Cannot tell which relying party asks: name and secret do not match.',
  )
}

/**
 * Finds the row of the party that a credential is of, as it is now.
 * @param credential whose name is that of some party: strangers are for `parties`.
 * @throws {Refusal} `relying-party-refused` or `tables-unavailable`
 */
export const authenticateNow = async (
  tables: Tables,
  tenant: TenantId,
  credential: PartyCredential,
  signal?: AbortSignal,
): Promise<StoredRow> => {
  const key = { partition: tenant, row: credential.name }
  return checkSecret(await tables.get(relyingPartiesTable, key, signal), credential)
}

/** The listed parties of tenants, for callers that nobody knows yet. */
export interface Parties {
  /**
   * Finds the row of the party that a credential is of, at most a second old.
   * @throws {Refusal} `relying-party-refused` or `tables-unavailable`, and what waiting throws.
   */
  authenticate(
    tenant: TenantId,
    credential: PartyCredential,
    wait?: Wait,
    waitForUnknown?: Wait,
  ): Promise<StoredRow>
}

/**
 * Authenticates from the list of a tenant, which is read once a second at most: a stranger who tries names and secrets
 * costs no row. Whoever is new on the list waits for that second.
 * @param now milliseconds.
 */
export const partiesOf = (tables: Tables, now: () => number): Parties => {
  const lookup = cachedLookup<ReadonlyMap<string, StoredRow>>({
    async load(id) {
      const rows = await tables.list(relyingPartiesTable, parseTenantId(id), partyRows)
      return new Map(rows.map((row) => [row.row, row]))
    },
    now,
    freshMilliseconds: 1_000,
    staleMilliseconds: 1_000,
    absentMilliseconds: 0,
    maxAbsent: 0,
  })
  return {
    authenticate: async (tenant, credential, ...waits) =>
      checkSecret((await lookup.get(tenant, ...waits))?.get(credential.name), credential),
  }
}
