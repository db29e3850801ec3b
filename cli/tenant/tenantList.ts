import { actorText } from '../../lib/tenant/actor.ts'
import { listTenants } from '../../lib/tenant/tenants.ts'
import { shownText } from '../../lib/terminal/shownText.ts'
import { command } from '../commandLine/command.ts'
import { formatTable, shortName } from '../commandLine/formatTable.ts'
import { revisionJson } from './revisionFields.ts'

type Listed = Awaited<ReturnType<typeof listTenants>>[number]

const rowOf = ({ tenant, revision }: Listed): readonly string[] => {
  if (!revision) return [shortName(tenant), 'missing', '', '']
  const { number, appliedAt, appliedBy } = revision
  const by = shownText(actorText(appliedBy))
  return [shortName(tenant), String(number), appliedAt.toISOString().slice(0, 10), by]
}

export const tenantList = command({
  name: 'tenant list',
  summary: 'show the tenants, and who changed each last',
  options: {},
  async run(_, { deployment, openTables }) {
    const tenants = await listTenants(openTables(await deployment()))
    const table = formatTable(['tenant', 'revision', 'applied', 'by'], tenants.map(rowOf))
    const json = tenants.map(({ tenant, revision }) => ({
      tenant,
      ...(revision ? revisionJson(revision) : { revision: null }),
    }))
    return { text: tenants.length === 0 ? 'there are no tenants' : table, json: { tenants: json } }
  },
  notes: 'Every tenant of the deployment, with its revision in force.',
})
