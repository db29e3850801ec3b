import { checkServiceUrl } from '../../client/callService.ts'
import type { Authority } from '../../lib/authority/authority.ts'
import { listRelyingParties, type RelyingParty } from '../../lib/authority/adopt/relyingParty.ts'
import { Refusal } from '../../lib/errors/refusal.ts'
import type { KeyProvider } from '../../lib/keys/signer.ts'
import type { Tables } from '../../lib/store/tables.ts'
import { currentRevision, type Revision } from '../../lib/tenant/revision.ts'
import { parseTenantId, type TenantId } from '../../lib/tenant/tenantId.ts'
import { readStored, type Trust } from '../../lib/authority/trusted/changeTrusted.ts'
import { readAuthorities } from '../../lib/files/readInput.ts'
import type { Deployment } from '../../lib/deployment/deployment.ts'
import type { KeysWanted } from '../../lib/deployment/openKeys.ts'
import { dependOn } from '../../client/check/check.ts'
import { once } from '../../client/check/once.ts'
import type { ReadGraph } from './graphReader.ts'
import { type Probe, probe, type Probed } from './probe.ts'

/** Describes what is examined, and by what means. */
export interface ExaminationParts {
  /** Describes the deployment. */
  readonly file: string
  readonly deployment: Deployment
  readonly tables: Tables
  readonly openKeys: (wanted: KeysWanted) => KeyProvider
  /** Holds the anchors that this machine knows, and those that `--anchor` names. */
  readonly trust: Trust
  readonly now: () => Date
  readonly uuid: () => string
  /** Asks keys in a vault for a signature, too. */
  readonly signs: boolean
  readonly notice: (text: string) => void
  /** Absent where the deployment is not in Azure: nobody is signed in to a directory then. */
  readonly readGraph?: ReadGraph | undefined
}

/** Adds what the checks of a deployment share: nothing is asked before one needs it, and then once. */
export interface Examination extends ExaminationParts {
  /** Ends with a slash: the base of the service's paths. @throws {Refusal} `usage-wrong` */
  readonly serviceUrl: () => URL
  /** Asks for `healthz`. @throws {Refusal} `service-unavailable` or `usage-wrong` */
  readonly health: () => Promise<Probed>
  /** Asks the service without a credential, once it is known to be one of Mayfly's: another one is left alone. */
  readonly ask: (path: string, request?: Probe) => Promise<Probed>
  /** Lists all tables. @throws {Refusal} `tables-unavailable` */
  readonly tableNames: () => Promise<readonly string[]>
}

/** Tells whether an answer to `healthz` is Mayfly's. */
export const isMayfly = ({ status, headers, content }: Probed): boolean =>
  status === 200 &&
  /^application\/json\b/.test(headers['content-type'] ?? '') &&
  content.toString('utf8').replaceAll(/\s/g, '') === '{"status":"ok"}'

export const examine = (parts: ExaminationParts): Examination => {
  const { deployment, tables, now } = parts
  const { url, caFile } = deployment.service
  const serviceUrl = () => checkServiceUrl(url)
  const ca = once(async () => (caFile === undefined ? undefined : readAuthorities(caFile)))
  const send = async (path: string, request: Probe) =>
    probe(new URL(path, serviceUrl()), { ...request, ca: await ca() }, now)
  const health = once(() => send('healthz', {}))
  const ask = async (path: string, request: Probe = {}) => {
    await dependOn('service-health', async () => {
      if (!isMayfly(await health())) throw new Error('It is another service.')
    })
    return send(path, request)
  }
  return { ...parts, serviceUrl, health, ask, tableNames: once(() => tables.names('')) }
}

/** Examines one tenant of the deployment; what is read is read once, by the first check that needs it. */
export interface TenantExamination {
  readonly id: TenantId
  readonly examination: Examination
  readonly revision: () => Promise<Revision>
  readonly authority: () => Promise<Authority>
  readonly relyingParties: () => Promise<readonly RelyingParty[]>
}

/** @throws {Refusal} `tenant-unknown` for a name that no tenant can have */
export const examineTenant = (name: string, examination: Examination): TenantExamination => {
  const id = parseTenantId(name)
  const { tables, trust } = examination
  return {
    id,
    examination,
    revision: once(async () => {
      const revision = await currentRevision(tables, id)
      if (revision) return revision
      throw new Refusal('tenant-unknown', `Cannot find the tenant: there is no tenant ${id}.`)
    }),
    authority: once(async () => {
      const authority = await readStored(tables, id, trust)
      if (authority) return authority
      throw new Refusal('generation-unknown', `Cannot find the authority: ${id} has none.`)
    }),
    relyingParties: once(() => listRelyingParties(tables, id)),
  }
}
