import type { AgentWorld } from '../../client/agent/agentWorld.ts'
import { Refusal } from '../../lib/errors/refusal.ts'

/** The signals that an agent obeys. */
export interface Signals {
  /** Aborts at SIGTERM, SIGINT. */
  readonly stop: AbortSignal
  /**
   * Has each SIGHUP load again, one after the other; one that fails is reported, and changes nothing. Before this, none does
   * anything.
   * @returns gives, at each call, what aborts once the next of them succeeded.
   */
  onReload(load: () => Promise<void>, world: AgentWorld): () => AbortSignal
}

/** Takes signals instead of what they do to a process. A second one to end does that. */
export const watchSignals = (): Signals => {
  const stop = new AbortController()
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => stop.abort())
  let loadAgain: (() => Promise<void>) | undefined
  let last = Promise.resolve()
  // From the beginning: by itself it ends a process.
  process.on('SIGHUP', () => void (last = last.then(() => loadAgain?.())))
  return {
    stop: stop.signal,
    onReload(load, world) {
      let reload = new AbortController()
      loadAgain = async () => {
        try {
          await load()
          reload.abort()
        } catch (error) {
          const text = error instanceof Refusal ? error.detail : String(error)
          world.report({ kind: 'failed', level: 'error', text: `Cannot reload: ${text}` })
        }
      }
      return () => (reload = new AbortController()).signal
    },
  }
}
