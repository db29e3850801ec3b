import type { TrustHook } from '../../client/agent/trustSpec.ts'
import { runProgram } from '../../client/runProgram.ts'

const timeoutMilliseconds = 60_000

/** Runs an executable, for a minute at the most, when a trust bundle changed. */
export const trustHook =
  (program: string): TrustHook =>
  async (environment, signal) =>
    (await runProgram({ program, environment, timeoutMilliseconds, signal })).how
