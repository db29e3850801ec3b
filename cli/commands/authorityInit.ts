import { initAuthority } from '../../lib/authority/initAuthority.ts'
import { authorityJson, describeGeneration } from '../authorityText.ts'
import type { Command } from '../command.ts'
import { openCeremony } from '../openAuthority.ts'
import { prepareTables } from '../prepareTables.ts'

export const authorityInit: Command = {
  name: 'authority init',
  summary: "make a tenant's first roots and issuer",
  help: '--tenant TENANT\n--vault URL         where the key of the issuer is made',
  options: { tenant: { type: 'string' }, vault: { type: 'string' } },
  async run(context) {
    const { tenant, ceremony } = await openCeremony(context)
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
