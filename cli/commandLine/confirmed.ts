import { Refusal } from '../../lib/errors/refusal.ts'
import type { CommandContext } from './command.ts'
import { flag } from './option.ts'

/** Describes the option of commands that ask. */
export const yesOption = flag('do not ask')

/**
 * Goes on when the administrator agrees to a plan: by `--yes`, or asked at the terminal.
 * @throws {Refusal} `confirmation-needed`
 */
export const confirmed = async ({ ask }: CommandContext, isAgreed: boolean, plan: string): Promise<void> => {
  if (isAgreed || (await ask(`${plan}\nGo on? [y/N] `))) return
  throw new Refusal('confirmation-needed', 'Cannot go on: the plan was not confirmed.')
}
