import { describeCause } from '../../lib/errors/describeCause.ts'
import { Refusal } from '../../lib/errors/refusal.ts'
import type { AgentWorld } from './agentWorld.ts'
import { openServiceClock, type ServiceClock } from './serviceClock.ts'

/** Something that an agent keeps in order, look by look. */
export interface Kept {
  /** The folder that events are about. */
  readonly subject: string
  /** How far the service is taken to be ahead of the machine. */
  aheadSeconds(world: AgentWorld): Promise<number>
  /**
   * Looks once, and does what there is to do.
   * @returns when to look again, by the clock of the service.
   */
  look(around: Around): Promise<Date>
}

/** What a look is given. */
export interface Around {
  readonly world: AgentWorld
  readonly clock: ServiceClock
  readonly signal: AbortSignal
  /** Whether the clock or the network changed since the last look. */
  readonly hasChanged: boolean
}

/** How long an agent does not see that the machine woke up, or came to another network. */
const sliceMilliseconds = 15_000

/** How soon it is tried again when even what happened cannot be remembered, such as with a full disk. */
const faultMilliseconds = 60_000

/** The least time between two looks for which nothing changed, whatever a look says. */
const leastMilliseconds = 1_000

type Ended = 'due' | 'changed' | 'stopped'

/** Tells what changed around the agent since it was asked last. */
const watch = ({ world, clock, subject }: { readonly subject: string } & Pick<Around, 'world' | 'clock'>) => {
  let network = world.network()
  return (): boolean => {
    const jumped = clock.jumpedMilliseconds()
    const found = world.network()
    const hasMoved = found !== network
    network = found
    if (jumped !== 0) {
      const seconds = Math.round(jumped / 1000)
      const text =
        seconds > 0
          ? `The clock went ${seconds} s forward: it was set, or the machine slept.`
          : `The clock was set back by ${-seconds} s.`
      world.report({ kind: 'clock-jumped', level: 'info', subject, text, facts: { seconds } })
    }
    if (hasMoved)
      world.report({
        kind: 'network-changed',
        level: 'info',
        subject,
        text: 'The networks of the machine changed.',
      })
    return jumped !== 0 || hasMoved
  }
}

const waitUntil = async (
  until: Date,
  { world, clock, signal, hasChanged }: Omit<Around, 'hasChanged'> & { readonly hasChanged: () => boolean },
): Promise<Ended> => {
  for (;;) {
    if (signal.aborted) return 'stopped'
    const left = until.getTime() - clock.now().getTime()
    if (left <= 0) return 'due'
    await world.wait(Math.min(left, sliceMilliseconds), signal)
    if (hasChanged()) return 'changed'
  }
}

/** A look that threw: nothing is known then but that. */
const lookSafely = async (kept: Kept, around: Around): Promise<Date> => {
  const { world, clock, signal } = around
  try {
    return await kept.look(around)
  } catch (error) {
    if (!signal.aborted) {
      const text = error instanceof Refusal ? error.detail : `Cannot look: ${describeCause(error)}.`
      const code = error instanceof Refusal ? error.code : 'fault'
      world.report({ kind: 'failed', level: 'error', subject: kept.subject, text, facts: { code } })
    }
    return new Date(clock.now().getTime() + faultMilliseconds * (1 + world.chance()))
  }
}

const keepForever = async (kept: Kept, world: AgentWorld, signal: AbortSignal): Promise<void> => {
  const clock = openServiceClock(world, await kept.aheadSeconds(world))
  const hasChanged = watch({ world, clock, subject: kept.subject })
  for (let ended: Ended = 'due'; ended !== 'stopped';) {
    const until = await lookSafely(kept, { world, clock, signal, hasChanged: ended === 'changed' })
    const least = clock.now().getTime() + leastMilliseconds
    const due = new Date(Math.max(until.getTime(), least))
    ended = await waitUntil(due, { world, clock, signal, hasChanged })
  }
}

/** Keeps each in order until the signal ends that: at once, whatever is waited for. */
export const runAgent = async (
  all: readonly Kept[],
  world: AgentWorld,
  signal: AbortSignal,
): Promise<void> => {
  await Promise.all(all.map((kept) => keepForever(kept, world, signal)))
}
