import type { AgentWorld } from './agentWorld.ts'
import type { CredentialSpec } from './credentialSpec.ts'

/** Renewals that somebody may let come to their end, so that no token is spent in vain. */
export interface RenewalsUnderWay {
  /** A credential whose renewals are known here from now on; one that waits for others is none yet. */
  readonly watched: (spec: CredentialSpec) => CredentialSpec
  /** Waits for those that have begun. A signal ends the wait, and so do three minutes. */
  readonly ended: (world: Pick<AgentWorld, 'wait'>, signal: AbortSignal) => Promise<void>
}

/** A command that prints a token has two minutes; then the service is asked. */
const mostMilliseconds = 180_000

/** Begins to know of renewals. */
export const renewalsUnderWay = (): RenewalsUnderWay => {
  const begun = new Set<Promise<unknown>>()
  const known = <T>(act: () => Promise<T>): Promise<T> => {
    const acting = act()
    begun.add(acting)
    return acting.finally(() => begun.delete(acting))
  }
  return {
    watched: (spec) => ({
      ...spec,
      exclusively: (act, signal) => spec.exclusively(() => known(act), signal),
    }),
    async ended(world, signal) {
      const enough = new AbortController()
      const wait = world.wait(mostMilliseconds, AbortSignal.any([signal, enough.signal]))
      await Promise.race([Promise.allSettled(begun), wait])
      enough.abort()
    },
  }
}
