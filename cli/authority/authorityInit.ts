import type { Authority } from '../../lib/authority/authority.ts'
import { authorityJson, describeGeneration } from './describeGeneration.ts'
import { command, type Outcome } from '../commandLine/command.ts'
import { flag, text } from '../commandLine/option.ts'
import { checkFirstKeys, firstKeyOptions, withFirstKeys } from './withFirstKeys.ts'
import { authorityOptions, type AuthorityWork, openCeremony } from './openAuthority.ts'
import { prepareTables } from '../../lib/deployment/openDeploymentTables.ts'
import { makeTrusted, readTrusted } from '../../lib/authority/trusted/changeTrusted.ts'

/** Tells what there is, or would be; nothing is made, tables included. */
const dryRun = ({ tenant: { tenant } }: AuthorityWork, authority: Authority | undefined): Outcome => {
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

export const authorityInit = command({
  name: 'authority init',
  summary: "make a tenant's first roots and issuer",
  options: authorityOptions({
    ...firstKeyOptions,
    vault: text('URL', 'where the key of the issuer is made'),
    dryRun: flag('tell what would be made; make nothing'),
  }),
  async run(options, context) {
    const opened = await openCeremony(options, context)
    const { tables, now } = opened.ceremony
    if (!options.dryRun) await prepareTables(tables, now)
    const existing = (await readTrusted(tables, opened.tenant.tenant, opened.trust))?.authority
    if (existing) checkFirstKeys(existing, options)
    const work = existing ? opened : await withFirstKeys(opened, options)
    if (options.dryRun) return dryRun(work, existing)
    const { tenant, ceremony, trust } = work
    const { authority, created } = existing
      ? { authority: existing, created: false }
      : await makeTrusted(tenant, trust, ceremony)
    const heading = `${tenant.tenant}: its authority ${created ? 'was made' : 'exists already'}`
    const { generations } = authority
    return {
      text: [heading, ...generations.map((one) => describeGeneration(one, ceremony.now))].join('\n\n'),
      json: { ...authorityJson(authority), created },
    }
  },
})
