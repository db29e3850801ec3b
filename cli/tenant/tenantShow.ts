import { Refusal } from '../../lib/errors/refusal.ts'
import type { Tables } from '../../lib/store/tables.ts'
import type { PolicySet } from '../../lib/tenant/policySet.ts'
import { readCurrent } from '../../lib/tenant/revision.ts'
import { shownContentOf } from '../../lib/tenant/revisionContent.ts'
import { readRevision, type StoredRevision } from '../../lib/tenant/storedRevision.ts'
import type { TenantId } from '../../lib/tenant/tenantId.ts'
import { command } from '../commandLine/command.ts'
import { formatFields } from '../commandLine/formatTable.ts'
import { parsed } from '../commandLine/option.ts'
import { openTenant } from './openTenant.ts'
import { tenantOption } from './tenantOption.ts'
import { alteredFields, revisionFields, revisionJson } from './revisionFields.ts'

const parseNumber = (text: string): number => {
  if (/^[1-9]\d{0,7}$/.test(text)) return Number(text)
  throw new Refusal('usage-wrong', 'Cannot find the revision: --revision is its number, 1 for the first.')
}

/** Describes `--revision`. */
export const revisionOption = (help: string) => parsed('NUMBER', help, parseNumber)

/** Reads one revision of a tenant, in force or not. @throws {Refusal} `revision-unknown` or `tables-unavailable` */
export const revisionOf = async (
  tables: Tables,
  tenant: TenantId,
  number: number,
): Promise<StoredRevision> => {
  const found = await readRevision(tables, tenant, number)
  if (found) return found
  const latest = (await readCurrent(tables, tenant))?.stored.number ?? 0
  throw new Refusal(
    'revision-unknown',
    `Cannot find revision ${number} of ${tenant}: it has ${latest === 0 ? 'none' : `1 to ${latest}`}.`,
  )
}

const countsText = ({ policies, locations, compliancePolicies }: PolicySet): string =>
  `${policies.length}, named locations ${locations.length}, compliance policies ${compliancePolicies.length}`

export const tenantShow = command({
  name: 'tenant show',
  summary: "show a tenant's configuration; as JSON, all of it",
  options: {
    tenant: tenantOption,
    revision: revisionOption('an earlier one; the one in force when left out'),
  },
  async run({ tenant: name, revision: number }, context) {
    const inForce = await openTenant(context, name)
    const { tenant, tables } = inForce
    const stored = number === undefined ? undefined : await revisionOf(tables, tenant, number)
    const record = stored ?? inForce
    const { configuration, policySet } = stored ? shownContentOf(stored) : inForce
    const fields = formatFields([
      ['tenant', tenant],
      ['revision', String(record.number)],
      ...revisionFields(record, context.now()),
      ['policies', countsText(policySet)],
      ...alteredFields(stored?.isIntact ?? true),
    ])
    const intact = stored ? { intact: stored.isIntact } : {}
    const json = { tenant, ...revisionJson(record), ...intact, configuration, ...policySet }
    return { text: `${fields}\n\n${JSON.stringify(configuration, null, 2)}`, json }
  },
})
