import { Refusal } from '../../lib/errors/refusal.ts'

/** Names the CLI's exit codes; there are no others. */
export const exitCodes = { ok: 0, fault: 1, usage: 2, refused: 3, tryLater: 4 } as const

/** The exit code of what a command threw. */
export const exitCodeOf = (error: unknown): number => {
  if (!(error instanceof Refusal)) return exitCodes.fault
  if (error.code === 'usage-wrong' || error.code === 'confirmation-needed') return exitCodes.usage
  if (error.status === 503 || error.status === 429) return exitCodes.tryLater
  return error.status >= 500 ? exitCodes.fault : exitCodes.refused
}
