import { Refusal } from '../../lib/errors/refusal.ts'
import type { Tables } from '../../lib/store/tables.ts'
import { currentStoredRevision } from '../../lib/tenant/revision.ts'
import { readRevision, type StoredRevision } from '../../lib/tenant/storedRevision.ts'
import type { TenantId } from '../../lib/tenant/tenantId.ts'
import type { Command, OptionValues } from '../commandLine/command.ts'
import { optionalOption, requiredOption } from '../commandLine/requiredOption.ts'
import { resolveTenant } from './resolveTenant.ts'
import { revisionFields, revisionJson } from './revisionFields.ts'
import { formatFields } from '../commandLine/formatTable.ts'

/** Reads the number of `--revision`. @throws {Refusal} `usage-wrong` */
export const revisionOption = (values: OptionValues): number | undefined => {
  const text = optionalOption(values, 'revision')
  if (text === undefined) return undefined
  if (/^[1-9]\d{0,7}$/.test(text)) return Number(text)
  throw new Refusal('usage-wrong', 'Cannot find the revision: --revision is its number, 1 for the first.')
}

/** Reads one revision of a tenant, in force or not. @throws {Refusal} `revision-unknown` or `tables-unavailable` */
export const revisionOf = async (
  tables: Tables,
  tenant: TenantId,
  number: number,
): Promise<StoredRevision> => {
  const found = await readRevision(tables, tenant, number)
  if (found) return found
  const latest = (await currentStoredRevision(tables, tenant))?.number ?? 0
  throw new Refusal(
    'revision-unknown',
    `Cannot find revision ${number} of ${tenant}: it has ${latest === 0 ? 'none' : `1 to ${latest}`}.`,
  )
}

export const tenantShow: Command = {
  name: 'tenant show',
  summary: "show a tenant's configuration, defaults filled in",
  help: `--tenant TENANT
--revision NUMBER   an earlier one; the one in force when left out`,
  options: { tenant: { type: 'string' }, revision: { type: 'string' } },
  async run({ values, deployment, openTables, now }) {
    const id = requiredOption(values, 'tenant')
    const number = revisionOption(values)
    const tables = openTables(await deployment())
    const inForce = await resolveTenant(tables, id)
    const { tenant } = inForce
    const stored = number === undefined ? undefined : await revisionOf(tables, tenant, number)
    const record = stored ?? inForce
    const configuration = stored ? (JSON.parse(stored.document) as unknown) : inForce.configuration
    const isAltered = stored?.isIntact === false
    const fields = formatFields([
      ['tenant', tenant],
      ['revision', String(record.number)],
      ...revisionFields(record, now()),
      ...(isAltered ? [['ALTERED', 'it is not the document that was applied'] as const] : []),
    ])
    const json = { tenant, ...revisionJson(record), ...(stored ? { intact: !isAltered } : {}), configuration }
    return { text: `${fields}\n\n${JSON.stringify(configuration, null, 2)}`, json }
  },
}
