import type { AgentWorld } from '../../client/agent/agentWorld.ts'
import { Refusal } from '../../lib/errors/refusal.ts'

/** The signals that an agent obeys. */
export interface Signals {
  /** Aborts at SIGTERM, SIGINT. */
  readonly stop: AbortSignal
  /** Lets the next SIGHUP load again. @returns what aborts once that succeeded. */
  nextReload(load: () => Promise<void>, world: AgentWorld): AbortSignal
}

/** Takes signals instead of what they do to a process. A second one to end does that. */
export const watchSignals = (): Signals => {
  const stop = new AbortController()
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => stop.abort())
  let onReload: (() => void) | undefined
  process.on('SIGHUP', () => onReload?.())
  return {
    stop: stop.signal,
    nextReload(load, world) {
      const reload = new AbortController()
      onReload = () => {
        load().then(
          () => reload.abort(),
          (error: unknown) => {
            const text = error instanceof Refusal ? error.detail : String(error)
            world.report({ kind: 'failed', level: 'error', text: `Cannot reload: ${text}` })
          },
        )
      }
      return reload.signal
    },
  }
}
