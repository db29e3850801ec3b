import { setTimeout as sleep } from 'node:timers/promises'
import type { TrustBundle } from '../../lib/bundle/trustBundle.ts'
import { catalogue } from '../../lib/errors/catalogue.ts'
import { Refusal } from '../../lib/errors/refusal.ts'
import { alteredFiles } from '../alteredFiles.ts'
import { trustFiles } from '../trustFiles.ts'
import { readTrusted, type Trusted } from '../trustFolder.ts'
import { type FrozenPlace, frozenPlaces } from './frozenPlaces.ts'
import { readTrustState, type TrustError, type TrustState } from './trustState.ts'

/** What there is to say of a trust bundle; times are RFC 3339. */
export interface BundleStatus {
  readonly folder: string
  readonly tenant: string
  /**
   * `current`; `unconfirmed` where no place said for long that it is the last one; `not-loaded` where servers read another one
   * than is installed, or their hook failed; `altered` where files that servers read are not what the bundle says, until the
   * next look; `absent`; `refused` where the folder cannot be relied on.
   */
  readonly state: 'current' | 'unconfirmed' | 'not-loaded' | 'altered' | 'absent' | 'refused'
  /** The names of altered files, such as `issuers.pem`. */
  readonly altered?: readonly string[]
  /** Of the installed bundle, which was verified just now, and of the one whose files servers read. */
  readonly sequence?: number
  readonly servedSequence?: number
  readonly issuedAt?: string
  readonly nextActivation?: string
  /** When a place last said that it is the last one, and how long ago that is. */
  readonly confirmedAt?: string
  readonly ageSeconds?: number
  /** When places are asked again. */
  readonly nextAt?: string
  readonly lastError?: TrustError & { readonly remedy: string }
  /** Why servers did not load it, since when, and whether they have the files of the bundle before. */
  readonly hookError?: { readonly why: string; readonly since: string; readonly isPutBack: boolean }
  readonly frozen: readonly FrozenPlace[]
}

/** A folder as it is. */
interface Seen {
  readonly trusted: Trusted
  readonly altered: readonly string[]
}

const daySeconds = 86_400

/** How long a bundle may go without a word that it is the last one: a day, and four times as long as it says to ask again. */
export const unconfirmedSeconds = ({ refreshSeconds }: Pick<TrustBundle, 'refreshSeconds'>): number =>
  Math.max(daySeconds, 4 * refreshSeconds)

const remedied = (error: TrustError) => ({ ...error, remedy: catalogue[error.code].remedy })

const ageOf = ({ confirmedAt }: TrustState, now: Date): number =>
  confirmedAt === undefined ? Infinity : (now.getTime() - Date.parse(confirmedAt)) / 1000

const stateOf = (
  { installed, served }: Trusted,
  state: TrustState,
  now: Date,
): Exclude<BundleStatus['state'], 'altered' | 'refused'> => {
  if (!installed) return 'absent'
  if (state.hook?.isLoaded === false || served?.sequence !== installed.sequence) return 'not-loaded'
  return ageOf(state, now) > unconfirmedSeconds(installed) ? 'unconfirmed' : 'current'
}

/** Tells of what is remembered of the last looks: of nothing where none was remembered. */
const rememberedOf = (state: TrustState, now: Date): Pick<BundleStatus, 'frozen'> & Partial<BundleStatus> => {
  const { confirmedAt, nextAt, lastError, hook } = state
  const { since = hook?.at ?? '', why = 'failed', isPutBack = false } = hook ?? {}
  return {
    ...(confirmedAt === undefined ? {} : { confirmedAt, ageSeconds: Math.round(ageOf(state, now)) }),
    ...(Date.parse(nextAt) === 0 ? {} : { nextAt }),
    ...(lastError ? { lastError: remedied(lastError) } : {}),
    ...(hook?.isLoaded === false ? { hookError: { why, since, isPutBack } } : {}),
    frozen: frozenPlaces(state, now),
  }
}

const bundleFacts = ({ installed, served }: Trusted): Partial<BundleStatus> => {
  if (!installed) return {}
  const { sequence, issuedAt, nextActivation } = installed
  return {
    sequence,
    ...(served ? { servedSequence: served.sequence } : {}),
    issuedAt: issuedAt.toISOString(),
    ...(nextActivation ? { nextActivation: nextActivation.toISOString() } : {}),
  }
}

/** As long as an agent takes to write what it installs. */
const settlingMilliseconds = 1_500

/** What is installed, and the names of files that are not what it says, also once an agent had time to write them. */
const seen = async (folder: string, tenant: string): Promise<Seen> => {
  const files = trustFiles(folder)
  const look = async (): Promise<Seen> => {
    const trusted = await readTrusted(files, tenant)
    const { altered } = trusted.served ? await alteredFiles(files, trusted.served) : { altered: [] }
    return { trusted, altered }
  }
  const first = await look()
  if (first.altered.length === 0) return first
  await sleep(settlingMilliseconds)
  return look()
}

/** Tells what is installed in a folder, and what is remembered of it. Asks nobody, and changes nothing. */
export const bundleStatus = async (
  { folder, tenant }: { readonly folder: string; readonly tenant: string },
  now: Date,
): Promise<BundleStatus> => {
  const state = await readTrustState(folder, tenant)
  const remembered = rememberedOf(state, now)
  try {
    const { trusted, altered } = await seen(folder, tenant)
    const facts = { ...bundleFacts(trusted), ...remembered }
    if (altered.length > 0) return { folder, tenant, state: 'altered', altered, ...facts }
    return { folder, tenant, state: stateOf(trusted, state, now), ...facts }
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    const at = now.toISOString()
    const lastError = remedied({ code: error.code, detail: error.detail, since: at, at })
    return { folder, tenant, state: 'refused', ...remembered, lastError }
  }
}
