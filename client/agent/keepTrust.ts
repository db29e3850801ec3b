import type { TrustBundle } from '../../lib/bundle/trustBundle.ts'
import { Refusal } from '../../lib/errors/refusal.ts'
import { checkServiceUrl } from '../callService.ts'
import { checkRelyingParty, reportAdoption } from '../reportAdoption.ts'
import { type Trusted, trustFolder } from '../trustFolder.ts'
import type { AgentEvent } from './agentEvent.ts'
import { askPlaces } from './askPlaces.ts'
import { type Loading, loadTrust } from './loadTrust.ts'
import { type Looked, trustAfter } from './trustAfter.ts'
import { trustEvents } from './trustEvents.ts'
import type { TrustSpec, TrustWorld } from './trustSpec.ts'
import { readTrustState, type TrustState, writeTrustState } from './trustState.ts'

/** What one look came to. */
export interface TrustPass {
  /** What is installed, and what was before. */
  readonly bundle: TrustBundle | undefined
  readonly previousSequence: number | undefined
  readonly isNew: boolean
  readonly state: TrustState
  /** Until when there is nothing to do. */
  readonly nextAt: Date
  /** Why it was not all that it should have been; undefined when it was. */
  readonly error: unknown
}

/** The parts of a look, as they become known. */
type Looking = { -readonly [Part in keyof Looked]: Looked[Part] }

interface Circumstances {
  readonly spec: TrustSpec
  readonly world: TrustWorld
  readonly signal: AbortSignal
  readonly before: TrustState
  readonly previousSequence: number | undefined
}

const reporter =
  ({ folder }: TrustSpec, { report }: TrustWorld) =>
  (events: readonly Omit<AgentEvent, 'subject'>[]): void =>
    events.forEach((event) => report({ ...event, subject: folder }))

const notLoaded = ({ bundle, why }: Extract<Loading, { kind: 'failed' }>): Refusal =>
  new Refusal('trust-not-loaded', `Cannot load bundle ${bundle.sequence}: the hook ${why}.`)

/** Reports what servers loaded: where there is a hook, nothing that it did not load. */
const tell = async ({ spec, signal }: Circumstances, trusted: Trusted): Promise<Looked['reported']> => {
  const { tenant, relyingParty, onTrustChange } = spec
  const bundle = onTrustChange ? trusted.loaded : trusted.served
  if (!relyingParty || !bundle || signal.aborted) return undefined
  return { bundle, current: await reportAdoption({ tenant, relyingParty, bundle, signal }) }
}

/** Fetches, has servers load, and reports. An error ends none of what can be done without what failed. */
const look = async (circumstances: Circumstances, looking: Looking): Promise<void> => {
  const { spec, world, signal, before, previousSequence } = circumstances
  const emit = reporter(spec, world)
  const folder = trustFolder(spec.folder, spec.tenant, signal)
  looking.answers = await askPlaces({ spec, before, world, signal })
  emit(trustEvents.answers(looking.answers))
  looking.trusted = await folder.read()
  const found = looking.trusted.installed
  const isAnswered = looking.answers.some(({ error }) => error === undefined)
  if (!isAnswered) looking.error = looking.answers.at(-1)?.error
  if (found && isAnswered) emit([trustEvents.bundle(found.sequence, previousSequence)])
  looking.loading = await loadTrust(spec, looking.trusted, signal)
  looking.trusted = looking.loading.trusted
  emit(trustEvents.loading(looking.loading))
  if (looking.loading.kind === 'failed') looking.error = notLoaded(looking.loading)
  looking.reported = await tell(circumstances, looking.trusted)
  if (looking.reported) {
    const { sequence } = looking.reported.bundle
    emit([
      { kind: 'trust-adopted', level: 'info', text: `Bundle ${sequence} is reported.`, facts: { sequence } },
    ])
  }
}

const failed = (error: unknown): Omit<AgentEvent, 'subject'> => {
  const { code, detail } =
    error instanceof Refusal ? error : { code: 'fault' as const, detail: String(error) }
  return { kind: 'trust-failed', level: 'error', text: detail, facts: { code } }
}

/** Writes down what a look came to; that this failed is one more error of it. */
const remember = async ({ spec, world, before }: Circumstances, looking: Looking): Promise<TrustState> => {
  const emit = reporter(spec, world)
  const state = trustAfter(before, looking)
  emit(trustEvents.frozen(state, looking.at))
  await writeTrustState(spec.folder, state).catch((error: unknown) => {
    looking.error ??= error
    emit([failed(error)])
  })
  return state
}

const keep = async (circumstances: Circumstances): Promise<TrustPass> => {
  const { spec, world, signal, before, previousSequence } = circumstances
  const emit = reporter(spec, world)
  const looking: Looking = {
    at: world.now(),
    chance: world.chance(),
    answers: [],
    trusted: undefined,
    loading: undefined,
    reported: undefined,
    error: undefined,
  }
  try {
    await look(circumstances, looking)
  } catch (error) {
    looking.error ??= error
    if (!signal.aborted) emit([failed(error)])
  }
  looking.at = world.now()
  // What the signal ended is begun anew by whoever looks next.
  const state = signal.aborted ? before : await remember(circumstances, looking)
  const bundle = looking.trusted?.installed
  return {
    bundle,
    previousSequence,
    isNew: bundle !== undefined && bundle.sequence !== previousSequence,
    state,
    nextAt: new Date(state.nextAt),
    error: looking.error,
  }
}

/**
 * Looks once whether there is a later bundle: installs it, has servers load it, and reports what they loaded. Several
 * processes take turns. What the signal ends is not remembered: the next look begins with it.
 * @throws {Refusal} `usage-wrong`, `trust-bundle-refused` for a folder that cannot be relied on, `folder-busy`: then nothing
 *   was done. What fails later is in `error`.
 */
export const keepTrust = async (
  spec: TrustSpec,
  world: TrustWorld,
  signal: AbortSignal,
): Promise<TrustPass> => {
  for (const { url } of spec.places) checkServiceUrl(url)
  if (spec.relyingParty) checkRelyingParty(spec.relyingParty)
  const folder = trustFolder(spec.folder, spec.tenant, signal)
  return folder.inTurn(async () => {
    const { installed } = await folder.read()
    const before = await readTrustState(spec.folder, spec.tenant)
    return keep({ spec, world, signal, before, previousSequence: installed?.sequence })
  })
}
