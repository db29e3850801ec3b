import { readAuthority } from '../../lib/authority/authority.ts'
import { initAuthority } from '../../lib/authority/initAuthority.ts'
import { authorityJson, describeGeneration } from '../authorityText.ts'
import type { Command, Outcome } from '../command.ts'
import { type AuthorityWork, openCeremony } from '../openAuthority.ts'
import { prepareTables } from '../prepareTables.ts'

/** What there is, or would be; nothing is made, tables included. */
const dryRun = async ({ tenant: { tenant }, ceremony: { tables } }: AuthorityWork): Promise<Outcome> => {
  const authority = await readAuthority(tables, tenant)
  const would = 'would make root~0001 and issuer~0001, both active, and the standby root~0002'
  return {
    text: `${tenant}: ${authority ? 'its authority exists already' : would}; nothing was changed`,
    json: {
      tenant,
      sequence: 0,
      generations: [],
      ...(authority && authorityJson(authority)),
      created: false,
    },
  }
}

export const authorityInit: Command = {
  name: 'authority init',
  summary: "make a tenant's first roots and issuer",
  help: `--tenant TENANT
--vault URL         where the key of the issuer is made
--dry-run           tell what would be made; make nothing`,
  options: { tenant: { type: 'string' }, vault: { type: 'string' }, 'dry-run': { type: 'boolean' } },
  async run(context) {
    const work = await openCeremony(context)
    if (context.values['dry-run'] === true) return dryRun(work)
    const { tenant, ceremony } = work
    await prepareTables(ceremony.tables, ceremony.now)
    const { authority, created } = await initAuthority(tenant, ceremony)
    const heading = `${tenant.tenant}: its authority ${created ? 'was made' : 'exists already'}`
    const { generations } = authority
    return {
      text: [heading, ...generations.map((one) => describeGeneration(one, ceremony.now))].join('\n\n'),
      json: { ...authorityJson(authority), created },
    }
  },
}
