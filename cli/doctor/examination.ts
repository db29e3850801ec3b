import { checkServiceUrl } from '../../client/callService.ts'
import type { KeyProvider } from '../../lib/keys/signer.ts'
import type { Tables } from '../../lib/store/tables.ts'
import type { Deployment } from '../../lib/deployment/deployment.ts'
import { readAuthorities } from '../../lib/files/readInput.ts'
import type { KeysWanted } from '../../lib/deployment/openKeys.ts'
import type { Trust } from '../../lib/authority/trusted/changeTrusted.ts'
import { resting } from './check.ts'
import type { ReadGraph } from './graphReader.ts'
import { type Probe, probe, type Probed } from './probe.ts'

/** A deployment that is examined, and what its checks share. */
export interface Examination {
  /** The file that describes it. */
  readonly file: string
  readonly deployment: Deployment
  readonly tables: Tables
  readonly openKeys: (wanted: KeysWanted) => KeyProvider
  /** What this machine knows of authorities, and `--anchor` names. */
  readonly trust: Trust
  readonly now: () => Date
  readonly uuid: () => string
  /** Whether keys in a vault are asked for a signature. */
  readonly signs: boolean
  readonly notice: (text: string) => void
  /** Absent where the deployment is not in Azure: nobody is signed in to a directory then. */
  readonly readGraph?: ReadGraph | undefined
  /** The base of the service's paths, with a slash at its end. @throws {Refusal} `usage-wrong` */
  readonly serviceUrl: () => URL
  /** Asks the service, without a credential. @throws {Refusal} `service-unavailable` or `usage-wrong` */
  readonly ask: (path: string, request?: Probe) => Promise<Probed>
  /** What `healthz` answers, asked for once. */
  readonly health: () => Promise<Probed>
  /** The names of all tables, read once. @throws {Refusal} `tables-unavailable` */
  readonly tableNames: () => Promise<readonly string[]>
}

/** What an examination is made of. */
export type ExaminationParts = Omit<Examination, 'serviceUrl' | 'ask' | 'health' | 'tableNames'>

/** Answers all who ask with what the first one got. */
const once = <T>(get: () => Promise<T>): (() => Promise<T>) => {
  let got: Promise<T> | undefined
  return () => (got ??= get())
}

/** The authority that the deployment file names for its service; undefined for one that the system trusts. */
const serviceCa = async (file: string | undefined): Promise<string | undefined> =>
  file === undefined ? undefined : readAuthorities(file)

/** Begins an examination. Nothing is asked before a check needs it. */
export const examine = (parts: ExaminationParts): Examination => {
  const { deployment, tables, now } = parts
  const serviceUrl = () => checkServiceUrl(deployment.service.url)
  const ca = once(() => serviceCa(deployment.service.caFile))
  const ask = async (path: string, request: Probe = {}) =>
    probe(new URL(path, serviceUrl()), { ...request, ca: await ca() }, now)
  return {
    ...parts,
    serviceUrl,
    ask,
    health: once(() => ask('healthz')),
    tableNames: once(() => tables.names('')),
  }
}

/** Asks the service once it is known to be one of Mayfly's: another one is left alone. */
export const askMayfly = async (
  { health, ask }: Examination,
  path: string,
  request: Probe = {},
): Promise<Probed> => {
  await resting('service-health', async () => {
    if (!isMayfly(await health())) throw new Error('It is another service.')
  })
  return ask(path, request)
}

/** Whether an answer to `healthz` is Mayfly's. */
export const isMayfly = ({ status, headers, content }: Probed): boolean =>
  status === 200 &&
  /^application\/json\b/.test(headers['content-type'] ?? '') &&
  content.toString('utf8').replaceAll(/\s/g, '') === '{"status":"ok"}'
