import { Refusal } from '../../lib/errors/refusal.ts'
import type { CredentialConfiguration } from '../agent/configuration.ts'
import { softwareKeys } from '../credential/clientKey.ts'
import { deviceTokens, type DeviceTokens } from '../token/deviceTokens.ts'
import { openTokenSource } from '../token/openTokenSource.ts'
import type { SignInWorld } from '../token/signInWorld.ts'
import { type Check, checksOf, dependOn } from './check.ts'
import { type Found, ok, problem } from './finding.ts'
import { once } from './once.ts'
import { signInFound } from './signInFound.ts'
import { tokenClaims } from './tokenClaims.ts'

/** Where the tokens of a credential come from. */
export type TokenPlaces = Pick<CredentialConfiguration, 'token' | 'posture' | 'attestation' | 'folder'>

/** What it takes to look at sources of tokens. */
export interface TokenWorld {
  readonly now: () => Date
  readonly signIn: SignInWorld
}

/** Less than a check has in all, so that no command outlives it. */
const limitMilliseconds = 40_000

/** Gets a text that a source gives in time. @throws {Refusal} that of the source */
const inTime = async <T>(get: (signal: AbortSignal) => Promise<T>): Promise<T> => {
  const signal = AbortSignal.timeout(limitMilliseconds)
  try {
    return await get(signal)
  } catch (error) {
    if (!signal.aborted || error instanceof Refusal) throw error
    const detail = `Cannot get a token: there was none within ${limitMilliseconds / 1000} s.`
    throw new Refusal('token-source-unavailable', detail, { cause: error })
  }
}

const remedies: Readonly<Record<string, string>> = {
  'token-source-failed':
    'Run the command by hand, as the user whom the agent runs for, with MAYFLY_INTERACTIVE=0: what it says is not shown here, for it may hold a secret.',
  'token-source-unavailable':
    'Run the command by hand, as the user whom the agent runs for: see that it is there, and ends within two minutes.',
  'usage-wrong': 'See what the file holds, or the command prints: one token, and nothing else.',
}

const toldOr = async (found: () => Promise<Found>): Promise<Found> => {
  try {
    return await found()
  } catch (error) {
    const remedy = error instanceof Refusal ? remedies[error.code] : undefined
    if (!(error instanceof Refusal) || remedy === undefined) throw error
    return problem(error.detail, remedy)
  }
}

/** Looks at a token that tells of the device: attestations are asked for a key of the moment, which nobody gets. */
const deviceTokenFound = async (
  kind: keyof DeviceTokens,
  places: TokenPlaces,
  { now, signIn: { environment } }: TokenWorld,
): Promise<readonly Found[]> => {
  const place = places[kind]
  if (place === undefined) return []
  const key = await softwareKeys().make()
  const read = deviceTokens({ [kind]: place, environment })
  const found = await toldOr(async () =>
    tokenClaims((await inTime((signal) => read(key, signal)))[kind] ?? '', now()),
  )
  return [found]
}

/** What a file or a command gives is looked at; what a person signed in for is not used. */
const sourceQuestions = ({ token: settings, folder }: TokenPlaces, { now, signIn }: TokenWorld) => {
  if (settings.kind === 'oidc' || settings.kind === 'entra')
    return { 'token-source': () => signInFound(settings, { ...signIn, folder }) }
  const token = once(async () => {
    const source = await openTokenSource(settings, signIn)
    return inTime((signal) => source.get({ isInteractive: false }, signal))
  })
  const gives =
    settings.kind === 'file' ? `the file ${settings.file} holds a token` : 'the command prints a token'
  return {
    'token-source': () => toldOr(async () => token().then(() => ok(gives))),
    'token-claims': async () => tokenClaims(await dependOn('token-source', token), now()),
  }
}

/**
 * Checks whether tokens can be got without anybody being asked, and what they say. Nothing is sent to the service, and what
 * somebody signed in for is left as it is.
 */
export const tokenChecks = (places: TokenPlaces, world: TokenWorld): readonly Check[] =>
  checksOf(
    world,
    {
      ...sourceQuestions(places, world),
      'posture-token': () => deviceTokenFound('posture', places, world),
      'attestation-token': () => deviceTokenFound('attestation', places, world),
    },
    places.folder,
  )
