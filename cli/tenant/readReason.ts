import { type Author, parseReason } from '../../lib/tenant/actor.ts'
import type { CommandContext } from '../commandLine/command.ts'
import type { Deployment } from '../../lib/deployment/deployment.ts'
import { optionalOption } from '../commandLine/requiredOption.ts'

/** The option of every command that changes something. */
export const reasonOption = { reason: { type: 'string' } } as const

/** Its line of the help, behind this many columns. */
export const reasonHelp = (columns: number): string =>
  `${'--reason TEXT'.padEnd(columns)}why, for the record: at most 200 characters`

/** Reads `--reason`; empty when it is left out. @throws {Refusal} `usage-wrong` */
export const readReason = ({ values }: Pick<CommandContext, 'values'>): string => {
  const text = optionalOption(values, 'reason')
  return text === undefined ? '' : parseReason(text)
}

/** Who changes a deployment, when and why. @throws {Refusal} `usage-wrong` or `sign-in-needed` */
export const authorOf = async (context: CommandContext, deployment: Deployment): Promise<Author> => {
  const reason = readReason(context)
  return { actor: await context.actor(deployment), now: context.now(), reason }
}
