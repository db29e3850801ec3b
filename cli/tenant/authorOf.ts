import type { Deployment } from '../../lib/deployment/deployment.ts'
import { type Author, parseReason } from '../../lib/tenant/actor.ts'
import type { CommandContext } from '../commandLine/command.ts'
import { parsed } from '../commandLine/option.ts'

/** Describes `--reason` of every command that changes something. */
export const reasonOption = parsed('TEXT', 'why, for the record: at most 200 characters', (text) =>
  parseReason(text),
)

/** Tells who changes a deployment, when and why. @throws {Refusal} `sign-in-needed` */
export const authorOf = async (
  { actor, now }: Pick<CommandContext, 'actor' | 'now'>,
  deployment: Deployment,
  reason = '',
): Promise<Author> => ({ actor: await actor(deployment), now: now(), reason })
