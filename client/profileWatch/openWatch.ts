import { untilAborted } from '../token/untilAborted.ts'
import type { AgentWorld } from '../agent/agentWorld.ts'
import type { Around, Kept } from '../agent/runAgent.ts'
import { namedFiles } from '../vpnProfile/namedFiles.ts'
import { openChecker } from './openChecker.ts'
import { inputDigest } from './inputDigest.ts'
import { openTriggers, type Trigger } from './triggers.ts'
import type { WatchOptions, WatchSpec } from './watchSpec.ts'
import { readWatchState, type WatchState } from './watchState.ts'
import type { WatchedFolder } from './watchStatus.ts'

/** Keeps the profiles of one file current. */
export interface Watch {
  readonly watched: WatchedFolder
  /** What an agent keeps. */
  readonly kept: Kept
  /** Checks once. @returns what is known then, or when the signal ended it */
  readonly once: (signal: AbortSignal) => Promise<WatchState>
}

/** How often the file is looked at. */
const lookMilliseconds = 15_000

/** How long a file must stay the same before it is read: whoever copies it may be in the middle. */
const settledMilliseconds = 2_000

/** How often it is asked whether a tunnel ended that a change waits for: it may be up again soon. */
const waitingMilliseconds = 5_000

/** Opens the watch of one file. */
export const openWatch = (
  spec: WatchSpec,
  options: WatchOptions,
  world: Pick<AgentWorld, 'now' | 'clock' | 'report' | 'chance'>,
): Watch => {
  const { folder, place } = spec
  const triggers = openTriggers(spec.checkMinutes, () => world.chance())
  const checker = openChecker(spec, options, world)
  let digest: string | undefined
  let isChanging = false
  /** Names of profiles whose change waits for the end of their tunnels. */
  let waiting: readonly string[] = []

  const learnt = ({ profiles, error }: WatchState): void => {
    // Nothing could be applied: another check comes first.
    waiting = (error ? [] : profiles).flatMap(({ name, condition }) =>
      condition === 'waiting' ? [name] : [],
    )
  }

  const check = async (taken: readonly Trigger[], { clock, signal }: Around): Promise<void> => {
    let mayHelp = true
    try {
      const checked = await checker.check(signal)
      mayHelp = checked.mayHelp
      learnt(checked.state)
    } finally {
      triggers.end(clock.now().getTime(), { triggers: taken, mayHelp })
    }
    world.report({
      kind: 'profiles-checked',
      level: 'info',
      subject: folder,
      text: 'The profiles were held to the file.',
      facts: { triggers: taken.join(', '), waiting: waiting.length },
    })
  }

  const digestNow = async (signal: AbortSignal): Promise<string> =>
    inputDigest([...spec.inputs, ...(await namedFiles(spec.file, signal))], signal)

  const hasEnded = async (signal: AbortSignal): Promise<boolean> => {
    for (const name of waiting)
      if ((await untilAborted(place.state(name, signal), signal)) === 'down') return true
    return false
  }

  const applyWaiting = async (signal: AbortSignal): Promise<void> => {
    if (!(await hasEnded(signal))) return
    const { state, mayHelp } = await checker.applyAgain(signal)
    learnt(state)
    if (mayHelp) triggers.add('retry')
  }

  const look = async (around: Around): Promise<void> => {
    const { clock, signal, hasChanged } = around
    if (hasChanged) triggers.add('network')
    const found = await untilAborted(digestNow(signal), signal)
    isChanging = digest !== undefined && found !== digest
    // Of before the check: what changes while it reads is another trigger.
    digest = found
    if (isChanging) return triggers.add('file')
    const taken = triggers.take(clock.now().getTime())
    await (taken.length > 0 ? check(taken, around) : applyWaiting(signal))
  }

  return {
    watched: spec,
    kept: {
      subject: folder,
      aheadSeconds: () => Promise.resolve(0),
      async look(around) {
        try {
          await look(around)
        } catch (error) {
          if (!around.signal.aborted) throw error
        }
        const now = around.clock.now().getTime()
        if (isChanging) return new Date(now + settledMilliseconds)
        const soon = waiting.length > 0 ? waitingMilliseconds : lookMilliseconds
        return new Date(Math.min(triggers.next, now + soon))
      },
    },
    async once(signal) {
      try {
        return (await checker.check(signal)).state
      } catch (error) {
        if (!signal.aborted) throw error
        return (await readWatchState(folder)).state
      }
    },
  }
}
