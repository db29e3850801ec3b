import { Refusal } from '../errors/refusal.ts'
import type { StoredRow, Tables } from '../store/tables.ts'
import type { TenantId } from '../tenant/tenantId.ts'
import {
  authenticateNow,
  hashSecret,
  type Parties,
  type PartyCredential,
  relyingPartiesTable,
} from './partyCredentials.ts'

/** A VPN server, or a group of them, that holds the tenant's trust bundle. */
export interface RelyingParty {
  readonly name: string
  /** The sequence of the bundle it installed; 0 before the first. */
  readonly installedSequence: number
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
export const byAgent = 'agent'

const fromRow = ({ row, values }: StoredRow): RelyingParty => {
  const installedAt = String(values['installedAt'])
  return {
    name: row,
    installedSequence: Number(values['installedSequence']),
    installedAt: installedAt === '' ? undefined : new Date(installedAt),
    confirmedBy: String(values['confirmedBy']),
  }
}

/** The listed relying parties of a tenant, by name. @throws {Refusal} `tables-unavailable` */
export const listRelyingParties = async (
  tables: Tables,
  tenant: TenantId,
): Promise<readonly RelyingParty[]> => (await tables.list(relyingPartiesTable, tenant)).map(fromRow)

/**
 * Lists a relying party: from now on no root or issuer is put to work before it holds it.
 * @param secret what its agent will prove itself by; only its hash is stored.
 * @returns false when it is listed already.
 * @throws {Refusal} `usage-wrong` or `tables-unavailable`
 */
export const addRelyingParty = (
  tables: Tables,
  tenant: TenantId,
  { name, secret }: { readonly name: string; readonly secret: string },
): Promise<boolean> => {
  const values = { secretHash: hashSecret(secret), installedSequence: 0, installedAt: '', confirmedBy: '' }
  return tables.insert(relyingPartiesTable, { partition: tenant, row: checkPartyName(name), values })
}

/** Takes a relying party off the list. @throws {Refusal} `relying-party-unknown` or `tables-unavailable` */
export const removeRelyingParty = async (tables: Tables, tenant: TenantId, name: string): Promise<void> => {
  if (await tables.remove(relyingPartiesTable, { partition: tenant, row: checkPartyName(name) })) return
  throw new Refusal('relying-party-unknown', `Cannot remove the relying party: ${tenant} has no ${name}.`)
}

/** What a party, or an administrator for it, tells. */
export interface Installation {
  readonly sequence: number
  readonly at: Date
  readonly by: string
}

const record = async (
  tables: Tables,
  row: StoredRow,
  { sequence, at, by }: Installation,
): Promise<boolean> => {
  const installed = { installedSequence: sequence, installedAt: at.toISOString(), confirmedBy: by }
  const values = { ...row.values, ...installed }
  return tables.transact(relyingPartiesTable, [{ kind: 'replace', row: { ...row, values }, etag: row.etag }])
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
 * @throws {Refusal} `relying-party-unknown` or `tables-unavailable`
 */
export const confirmInstallation = async (
  tables: Tables,
  { tenant, name }: { readonly tenant: TenantId; readonly name: string },
  installation: Installation,
): Promise<void> =>
  recordFor(
    tables,
    async () => {
      const row = await tables.get(relyingPartiesTable, { partition: tenant, row: checkPartyName(name) })
      if (row) return row
      throw new Refusal('relying-party-unknown', `Cannot confirm for ${name}: ${tenant} does not list it.`)
    },
    installation,
  )

/** What a party's agent tells. */
export interface PartyReport<Installed extends { readonly sequence: number }> {
  readonly tenant: TenantId
  readonly credential: PartyCredential
  readonly at: Date
  /** Finds the bundle that was installed, after the party has proven who it is. */
  readonly resolve: () => Promise<Installed>
}

/**
 * Records what a party's agent tells.
 * @returns what `resolve` found.
 * @throws {Refusal} `relying-party-refused`, `overloaded`, `tables-unavailable`, or what `resolve` throws
 */
export const adopt = async <Installed extends { readonly sequence: number }>(
  { tenant, credential, at, resolve }: PartyReport<Installed>,
  { tables, parties }: { readonly tables: Tables; readonly parties: Parties },
): Promise<Installed> => {
  const first = await parties.authenticate(tenant, credential)
  const installed = await resolve()
  let row: StoredRow | undefined = first
  await recordFor(
    tables,
    async () => {
      const found = row ?? (await authenticateNow(tables, tenant, credential))
      row = undefined
      return found
    },
    { sequence: installed.sequence, at, by: byAgent },
  )
  return installed
}
