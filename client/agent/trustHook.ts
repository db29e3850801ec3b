import { resolve } from 'node:path'
import { Refusal } from '../../lib/errors/refusal.ts'
import type { AgentWorld } from './agentWorld.ts'
import { runHook } from './hook.ts'
import type { TrustHook } from './trustSpec.ts'

/**
 * Runs an executable when a trust bundle changed. One that others could have written is not run.
 * @param subject the folder of the bundle.
 */
export const trustHook = (file: string, subject: string, world: AgentWorld): TrustHook => {
  const path = resolve(file)
  return async (facts, signal) => {
    try {
      return await runHook({ file: path, facts, subject }, world, signal)
    } catch (error) {
      if (error instanceof Refusal) return `was not run (${error.detail.slice(0, -1)})`
      throw error
    }
  }
}
