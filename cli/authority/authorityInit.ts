import type { Authority } from '../../lib/authority/authority.ts'
import { reasonHelp, reasonOption } from '../tenant/readReason.ts'
import { authorityJson, describeGeneration } from './describeGeneration.ts'
import { anchorOption } from './anchorOption.ts'
import type { Command, Outcome } from '../commandLine/command.ts'
import { checkFirstKeys, withFirstKeys } from './withFirstKeys.ts'
import { type AuthorityWork, openCeremony } from './openAuthority.ts'
import { prepareTables } from '../../lib/deployment/openDeploymentTables.ts'
import { makeTrusted, readTrusted } from '../../lib/authority/trusted/changeTrusted.ts'

/** What there is, or would be; nothing is made, tables included. */
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

export const authorityInit: Command = {
  name: 'authority init',
  summary: "make a tenant's first roots and issuer",
  help: `--tenant TENANT
--root-key ID       the key of the root, one that exists: a key id of the
                    vault with its version; else one is made
--standby-key ID    the same for the key of the standby root
--issuer-key ID     the same for the key of the issuer
--vault URL         where the key of the issuer is made
${reasonHelp(20)}
--dry-run           tell what would be made; make nothing
--anchor SHA256     a root of one that exists, where this machine knows none`,
  options: {
    tenant: { type: 'string' },
    'root-key': { type: 'string' },
    'standby-key': { type: 'string' },
    'issuer-key': { type: 'string' },
    vault: { type: 'string' },
    ...reasonOption,
    'dry-run': { type: 'boolean' },
    ...anchorOption,
  },
  async run(context) {
    const { values } = context
    const opened = await openCeremony(context)
    const { tables, now } = opened.ceremony
    const isDry = values['dry-run'] === true
    if (!isDry) await prepareTables(tables, now)
    const existing = (await readTrusted(tables, opened.tenant.tenant, opened.trust))?.authority
    if (existing) checkFirstKeys(existing, values)
    const work = existing ? opened : await withFirstKeys(opened, values)
    if (isDry) return dryRun(work, existing)
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
}
