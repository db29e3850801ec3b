import { Refusal } from '../../errors/refusal.ts'
import type { NewRow, StoredRow, Tables, Write } from '../../store/tables.ts'
import { actorText } from '../../tenant/actor.ts'
import type { TenantId } from '../../tenant/tenantId.ts'
import { readEvents } from '../authorityEvent.ts'
import { timeOf } from '../generation.ts'
import {
  installedBundle,
  publishedBundles,
  type PublishedBundles,
  type ToldBundle,
} from './installedBundle.ts'
import {
  authenticateNow,
  hashSecret,
  type PartyCredential,
  partyRows,
  relyingPartiesTable,
} from './parties.ts'
import { type PartyAuthor, partyChangeRow } from './partyChange.ts'
import type { PartyState } from './waits.ts'

/** A VPN server, or a group of them, that holds the tenant's trust bundle. */
export interface RelyingParty extends PartyState {
  /** SHA-256 of the file that it installed, as it was told; empty before the first time. */
  readonly installedSha256: string
  /** When it told so; undefined before the first time. */
  readonly installedAt: Date | undefined
  /** Who told: the party's own agent, or an administrator by name; empty before the first time. */
  readonly confirmedBy: string
}

const nameForm = /^[a-z0-9][a-z0-9.-]{0,62}$/

/** Checks the name of a relying party. @throws {Refusal} `usage-wrong` */
export const checkPartyName = (name: string): string => {
  if (nameForm.test(name)) return name
  throw new Refusal(
    'usage-wrong',
    'Cannot name the relying party: use a-z, 0-9, dots and hyphens, at most 63.',
  )
}

/** The agent of a party, in the record of who told. */
const byAgent = 'agent'

const fromRow = (stored: StoredRow, published: PublishedBundles): RelyingParty => {
  const { row, values } = stored
  const sha256 = String(values['installedSha256'] ?? '')
  return {
    name: row,
    ...installedBundle({ sequence: Number(values['installedSequence']), sha256 }, published),
    installedSha256: sha256,
    installedAt: values['installedAt'] === '' ? undefined : timeOf(stored, 'installedAt'),
    confirmedBy: String(values['confirmedBy']),
  }
}

/**
 * The listed relying parties of a tenant, by name, each with the bundle that counts as installed: whoever asks what a
 * server holds asks here.
 * @throws {Refusal} `tables-unavailable`
 */
export const listRelyingParties = async (
  tables: Tables,
  tenant: TenantId,
): Promise<readonly RelyingParty[]> => {
  const [rows, events] = await Promise.all([
    tables.list(relyingPartiesTable, tenant, partyRows),
    readEvents(tables, tenant),
  ])
  const published = publishedBundles(events)
  return rows.map((row) => fromRow(row, published))
}

/** A relying party of a tenant, by its name. */
export interface PartyName {
  readonly tenant: TenantId
  readonly name: string
}

/** Writes a change and its history at once. A write that a retry did twice meets its own row of the history. */
const change = async (tables: Tables, write: Write, history: NewRow): Promise<boolean> =>
  (await tables.transact(relyingPartiesTable, [write, { kind: 'insert', row: history }])) ||
  (await tables.get(relyingPartiesTable, history)) !== undefined

/**
 * Lists a relying party: from now on no root or issuer is put to work before it holds it.
 * @param party whose agent will prove itself by the secret; only its hash is stored.
 * @returns false when it is listed already.
 * @throws {Refusal} `usage-wrong` or `tables-unavailable`
 */
export const addRelyingParty = async (
  tables: Tables,
  { tenant, name, secret }: PartyName & { readonly secret: string },
  author: PartyAuthor,
): Promise<boolean> => {
  const told = { installedSequence: 0, installedSha256: '', installedAt: '', confirmedBy: '' }
  const values = { secretHash: hashSecret(secret), ...told }
  const row = { partition: tenant, row: checkPartyName(name), values }
  return change(tables, { kind: 'insert', row }, partyChangeRow(tenant, { action: 'add', name }, author))
}

/** Takes a relying party off the list. @throws {Refusal} `usage-wrong`, `relying-party-unknown` or `tables-unavailable` */
export const removeRelyingParty = async (
  tables: Tables,
  { tenant, name }: PartyName,
  author: PartyAuthor,
): Promise<void> => {
  const row = { partition: tenant, row: checkPartyName(name) }
  const history = partyChangeRow(tenant, { action: 'remove', name }, author)
  if (await change(tables, { kind: 'remove', row }, history)) return
  throw new Refusal('relying-party-unknown', `Cannot remove the relying party: ${tenant} has no ${name}.`)
}

/** Tells of an installation, and of who says so. */
interface Installation {
  readonly told: ToldBundle
  readonly at: Date
  readonly by: string
  readonly history: readonly Write[]
  readonly signal?: AbortSignal | undefined
}

const record = (
  tables: Tables,
  row: StoredRow,
  { told: { sequence, sha256 }, at, by, history, signal }: Installation,
): Promise<boolean> => {
  const installed = { installedSequence: sequence, installedSha256: sha256 }
  const values = { ...row.values, ...installed, installedAt: at.toISOString(), confirmedBy: by }
  const write: Write = { kind: 'replace', row: { ...row, values }, etag: row.etag }
  return tables.transact(relyingPartiesTable, [write, ...history], signal)
}

const attempts = 5

const recordFor = async (
  tables: Tables,
  find: () => Promise<StoredRow>,
  installation: Installation,
): Promise<void> => {
  for (let tries = 1; tries <= attempts; tries++) if (await record(tables, await find(), installation)) return
  throw new Refusal('tables-unavailable', 'Cannot record the installation: others write the same row.', {
    retryAfterSeconds: 1,
  })
}

/**
 * Records what an administrator knows of a party without an agent.
 * @throws {Refusal} `usage-wrong`, `relying-party-unknown` or `tables-unavailable`
 */
export const confirmInstallation = async (
  tables: Tables,
  { tenant, name }: PartyName,
  { told, author }: { readonly told: ToldBundle; readonly author: PartyAuthor },
): Promise<void> => {
  const by = actorText(author.actor)
  const known = await tables.get(relyingPartiesTable, { partition: tenant, row: checkPartyName(name) })
  // A command that was interrupted is run again: what it confirmed is not told twice.
  if (known?.values['confirmedBy'] === by && known.values['installedSha256'] === told.sha256) return
  const row = partyChangeRow(tenant, { action: `confirm bundle ${told.sequence}`, name }, author)
  await recordFor(
    tables,
    async () => {
      const found = await tables.get(relyingPartiesTable, { partition: tenant, row: checkPartyName(name) })
      if (found) return found
      throw new Refusal('relying-party-unknown', `Cannot confirm for ${name}: ${tenant} does not list it.`)
    },
    { told, at: author.now, by, history: [{ kind: 'insert', row }] },
  )
}

export interface PartyReport {
  readonly tenant: TenantId
  readonly credential: PartyCredential
  readonly told: ToldBundle
  readonly at: Date
  /** Ends the calls of the request. */
  readonly signal?: AbortSignal
}

/**
 * Records what a party's agent tells.
 * @param party the row of the party, which its credential was found to be of.
 * @throws {Refusal} `relying-party-refused` where it was taken off the list since, or `tables-unavailable`
 */
export const adopt = async (
  tables: Tables,
  party: StoredRow,
  { tenant, credential, told, at, signal }: PartyReport,
): Promise<void> => {
  let row: StoredRow | undefined = party
  const find = async () => {
    const found = row ?? (await authenticateNow(tables, tenant, credential, signal))
    row = undefined
    return found
  }
  await recordFor(tables, find, { told, at, by: byAgent, history: [], signal })
}
