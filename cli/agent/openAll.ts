import { resolve } from 'node:path'
import type { AgentWorld } from '../../client/agent/agentWorld.ts'
import type { Configuration, CredentialConfiguration } from '../../client/agent/configuration.ts'
import type { CredentialSpec } from '../../client/agent/credentialSpec.ts'
import { readConfiguration } from '../../client/agent/readConfiguration.ts'
import type { TrustSpec } from '../../client/agent/trustSpec.ts'
import type { Guard } from '../../client/guard/openGuard.ts'
import type { Watch } from '../../client/profileWatch/openWatch.ts'
import { openTokenSource } from '../../client/token/openTokenSource.ts'
import type { TokenSource } from '../../client/token/tokenSource.ts'
import { Refusal } from '../../lib/errors/refusal.ts'
import { deviceTokenPlacesOf } from '../client/deviceTokenOptions.ts'
import { overriddenKeys } from '../client/keyOptions.ts'
import { signInWorld } from '../client/tokenSourceOf.ts'
import { readTokenSettings, tokenSourceOptions } from '../client/tokenSourceOptions.ts'
import type { CommandContext } from '../commandLine/command.ts'
import { optionName } from '../commandLine/option.ts'
import { checkOutputFolder } from '../commandLine/writeNewFile.ts'
import { type DescribedCredential, describedBy } from './credentialOptions.ts'
import { givenOf, type Overrides } from './keptOptions.ts'
import { openBundle } from './openBundle.ts'
import { openDescribed, type Opening } from './openDescribed.ts'
import { openGuards } from './openGuards.ts'
import { openWatches, ownAlone } from './openWatches.ts'

/** Everything that an agent keeps. */
export interface Opened {
  readonly credentials: readonly CredentialSpec[]
  readonly bundles: readonly TrustSpec[]
  readonly guards: readonly Guard[]
  readonly watches: readonly Watch[]
}

/** What is to be kept, before it is opened. */
export type Described = Pick<Configuration, 'logFile' | 'logLevel' | 'bundles' | 'profiles'> & {
  readonly credentials: readonly DescribedCredential[]
}

const pathOr = (given: string | undefined, otherwise: string | undefined) =>
  given === undefined ? otherwise : resolve(given)

/** Puts options in the place of what a file says. The authorities of another URL are none of this one. */
const overridden = (values: Overrides, found: CredentialConfiguration): DescribedCredential => {
  const { posture, attestation } = deviceTokenPlacesOf(values)
  const isTokenGiven = givenOf(values).some((member) => member in tokenSourceOptions)
  const { url, ca } = values
  return {
    service: {
      url: url ?? found.service.url,
      caFile: ca ?? (url === undefined ? found.service.caFile : undefined),
    },
    tenant: values.tenant ?? found.tenant,
    folder: pathOr(values.out, found.folder) ?? found.folder,
    token: isTokenGiven ? readTokenSettings(values) : found.token,
    posture: posture ?? found.posture,
    attestation: attestation ?? found.attestation,
    keys: overriddenKeys(values, found.keys),
    onRenew: pathOr(values.onRenew, found.onRenew),
    onRefused: pathOr(values.onRefused, found.onRefused),
  }
}

/** Options win over a file that keeps one credential; over others nobody knows which one they mean. */
const merged = (values: Overrides, file: string, found: Configuration): Described => {
  const [only, ...others] = found.credentials
  const given = givenOf(values)
  if (given.length === 0) return found
  if (only && others.length === 0) return { ...found, credentials: [overridden(values, only)] }
  const names = given.map((member) => `--${optionName(member)}`).join(', ')
  throw new Refusal(
    'usage-wrong',
    `Cannot take ${names} (or what stands in for it in the environment) beside ${file}: it keeps ${found.credentials.length} credentials, and an option is about one.`,
  )
}

/**
 * Reads what is to be kept: from a file, whose one credential options may change; or from options alone.
 * @throws {Refusal} `usage-wrong` where neither says it, `path-shared`, `configuration-invalid`
 */
export const described = async (values: Overrides, file: string | undefined): Promise<Described> => {
  if (file !== undefined) return merged(values, file, await readConfiguration(file))
  const { tenant, out } = values
  if (tenant === undefined || out === undefined)
    throw new Refusal(
      'usage-wrong',
      'Cannot tell what to keep: give --config FILE, or --tenant, --out and where tokens come from.',
    )
  await checkOutputFolder('out', out)
  return {
    logFile: undefined,
    logLevel: 'info',
    bundles: [],
    profiles: [],
    credentials: [describedBy({ ...values, tenant, out })],
  }
}

/** Opens a source of tokens once while its description stays: what somebody signed in for is not lost by a reload. */
const rememberingSources = (context: CommandContext): NonNullable<Opening['openSource']> => {
  const opened = new Map<string, Promise<TokenSource>>()
  return (settings, folder) => {
    const key = JSON.stringify([settings, folder])
    const source = opened.get(key) ?? openTokenSource(settings, signInWorld(context, folder))
    opened.set(key, source)
    // What could not be opened is tried again by the next reload.
    source.catch(() => opened.delete(key))
    return source
  }
}

/** Describes everything that an agent keeps, and opens it. */
export interface Loading extends Pick<Configuration, 'logFile' | 'logLevel'> {
  /** Reads it all again where that changed. @throws {Refusal} as openAll() does */
  readonly load: (world: AgentWorld) => Promise<Opened>
}

/** Reads what an agent is to keep, as described() does. @throws {Refusal} as that does */
export const openAll = async (
  values: Overrides,
  file: string | undefined,
  context: CommandContext,
): Promise<Loading> => {
  const openSource = rememberingSources(context)
  const { logFile, logLevel } = await described(values, file)
  return {
    logFile,
    logLevel,
    async load(world) {
      const { credentials, bundles, profiles } = await described(values, file)
      return {
        credentials: await Promise.all(
          credentials.map((one) => openDescribed(one, context, { isInteractive: false, openSource })),
        ),
        bundles: await Promise.all(bundles.map((one) => openBundle(one, world))),
        guards: await openGuards(bundles, world),
        watches: await openWatches(profiles, ownAlone, world),
      }
    },
  }
}
