import { hostname } from 'node:os'
import type { AgentEvent } from '../../client/agent/agentEvent.ts'
import type { AgentWorld } from '../../client/agent/agentWorld.ts'
import type { RenewalsUnderWay } from '../../client/agent/renewalsUnderWay.ts'
import { type Kept, runAgent } from '../../client/agent/runAgent.ts'
import { withAgentLocks } from '../../client/agent/withAgentLocks.ts'
import type { Stream } from '../commandLine/command.ts'
import { watchSignals } from './watchSignals.ts'

/** What an agent keeps, once it is opened. */
export interface Keeping {
  readonly kept: readonly Kept[]
  /** Folders that one agent has at a time. */
  readonly locked: readonly string[]
  /** Waits for what is better not ended midway; nothing is where it is left out. */
  readonly ended?: RenewalsUnderWay['ended']
  /** What the agent says of itself when it starts. */
  readonly facts: Readonly<Record<string, number>>
}

const holder = () => `the agent with process id ${process.pid} on ${hostname()}`

/** Whoever began meanwhile keeps the folder from now on, and this agent ends; what was removed is made anew. */
const lockLost: AgentEvent = {
  kind: 'failed',
  level: 'warning',
  text: 'A folder was removed, or another agent took it for left: this one begins anew with it.',
}

/** Keeps everything until a signal ends that; a reload that fails leaves all as it was. */
const keepForever = async (
  load: (world: AgentWorld) => Promise<Keeping>,
  world: AgentWorld,
): Promise<void> => {
  const signals = watchSignals()
  let opened = await load(world)
  world.report({ kind: 'started', level: 'info', text: 'The agent started.', facts: opened.facts })
  const nextReload = signals.onReload(async () => {
    await opened.ended?.(world, signals.stop)
    if (signals.stop.aborted) return
    opened = await load(world)
    world.report({ kind: 'reloaded', level: 'info', text: 'The agent read its configuration again.' })
  }, world)
  while (!signals.stop.aborted) {
    const signal = AbortSignal.any([signals.stop, nextReload()])
    const { locked, kept } = opened
    // Those who keep a bundle take turns, and others read its folder.
    const run = async (lost: AbortSignal) => {
      await runAgent(kept, world, AbortSignal.any([signal, lost]))
      if (lost.aborted && !signal.aborted) world.report(lockLost)
    }
    await withAgentLocks(locked, run, { holder: holder(), signal }).catch((error: unknown) => {
      // Whoever ends, or has something else to keep by now, no longer waits for a lock.
      if (!signal.aborted) throw error
    })
  }
  world.report({ kind: 'stopped', level: 'info', text: 'The agent stopped.' })
}

/** Prints nothing: what an agent tells are events. */
const running = async function* (work: () => Promise<void>): AsyncIterable<string> {
  await work()
  yield* []
}

/** Keeps what is loaded until a signal ends that, and loads it again at another one. */
export const keepAll = (load: (world: AgentWorld) => Promise<Keeping>, world: AgentWorld): Stream => ({
  pieces: running(() => keepForever(load, world)),
})
