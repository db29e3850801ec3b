import { Refusal } from '../../lib/errors/refusal.ts'
import type { CommandContext } from './command.ts'

/**
 * Goes on when the administrator agrees to a plan: by `--yes`, or asked at the terminal.
 * @throws {Refusal} `confirmation-needed`
 */
export const confirmed = async ({ values, ask }: CommandContext, plan: string): Promise<void> => {
  if (values['yes'] === true) return
  if (await ask(`${plan}\nGo on? [y/N] `)) return
  throw new Refusal('confirmation-needed', 'Cannot go on: the plan was not confirmed.')
}
