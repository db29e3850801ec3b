import { listTenants } from '../../lib/tenant/tenants.ts'
import { actorText } from '../../lib/tenant/actor.ts'
import type { Command } from '../commandLine/command.ts'
import { shownText } from '../../lib/terminal/shownText.ts'
import { revisionJson } from './revisionFields.ts'
import { formatTable, shortName } from '../commandLine/formatTable.ts'

export const tenantList: Command = {
  name: 'tenant list',
  summary: 'show the tenants, and who changed each last',
  help: 'Every tenant of the deployment, with its revision in force.',
  options: {},
  async run({ deployment, openTables }) {
    const tenants = await listTenants(openTables(await deployment()))
    const rows = tenants.map(({ tenant, revision }) => [
      shortName(tenant),
      ...(revision
        ? [
            String(revision.number),
            revision.appliedAt.toISOString().slice(0, 10),
            shownText(actorText(revision.appliedBy)),
          ]
        : ['missing', '', '']),
    ])
    const json = tenants.map(({ tenant, revision }) => ({
      tenant,
      ...(revision ? revisionJson(revision) : { revision: null }),
    }))
    return {
      text:
        rows.length === 0
          ? 'there are no tenants'
          : formatTable(['tenant', 'revision', 'applied', 'by'], rows),
      json: { tenants: json },
    }
  },
}
