import type { AgentWorld } from '../../client/agent/agentWorld.ts'
import { believedAhead } from '../../client/agent/believedAhead.ts'
import type { CredentialSpec } from '../../client/agent/credentialSpec.ts'
import { credentialStatus } from '../../client/agent/credentialStatus.ts'
import { keepCredential } from '../../client/agent/keepCredential.ts'
import { openServiceClock } from '../../client/agent/serviceClock.ts'
import { Refusal } from '../../lib/errors/refusal.ts'
import { askingOf } from '../client/askingOf.ts'
import { command, type CommandContext, type Outcome } from '../commandLine/command.ts'
import {
  type Ensured,
  ensuredAlready,
  ensuredOutcome,
  ensureOptions,
  type EnsureValues,
  leftOf,
} from './ensuredAlready.ts'
import { fileFor } from './keptOptions.ts'
import { described } from './openAll.ts'
import { openDescribed } from './openDescribed.ts'
import { processWorld } from './processWorld.ts'
import { watchSignals } from './watchSignals.ts'

/** What is there of a credential after it was looked after, and why it is not renewed where it was to be. */
interface Tried extends Ensured {
  readonly error: Refusal | undefined
}

const ensure = async (
  spec: CredentialSpec,
  { minLeft: minLeftMilliseconds = 0 }: EnsureValues,
  { world, signal }: { readonly world: AgentWorld; readonly signal: AbortSignal },
): Promise<Tried> => {
  const clock = openServiceClock(world, believedAhead(await spec.state.read(), world))
  // Somebody waits: what failed before may be over.
  const looking = { world, clock, signal, minLeftMilliseconds, hasChanged: true }
  const { held, error } = await keepCredential(spec, looking)
  return { status: await credentialStatus(spec, world), leftMilliseconds: leftOf(held, clock), error }
}

/** Renews what is to be renewed of all: one after the other, for somebody may have to sign in. */
const ensureAll = async (values: EnsureValues, context: CommandContext): Promise<Outcome> => {
  const { credentials } = await described(values, fileFor(values))
  if (credentials.length === 0)
    throw new Refusal('usage-wrong', 'Cannot ensure a credential: the configuration has none.')
  const around = { world: processWorld(context), signal: watchSignals().stop }
  const ensured: Tried[] = []
  for (const one of credentials) {
    const spec = await openDescribed(one, context, { isInteractive: true })
    ensured.push(await context.waiting(askingOf(spec.url), () => ensure(spec, values, around)))
  }
  const error = ensured.find((one) => one.error)?.error
  if (error) throw error
  const { minLeft: least = 0 } = values
  for (const { status, leftMilliseconds } of ensured)
    if (leftMilliseconds < least)
      context.notice(`the certificate in ${status.folder} ends sooner than is wanted of it`)
  return ensuredOutcome(ensured, values, context.now())
}

export const agentEnsure = command({
  name: 'agent ensure',
  summary: 'renew credentials that end soon',
  options: ensureOptions,
  notes:
    'Looks first at what the folders hold, and where that is good for long enough does nothing more: it takes little time, and what else the configuration says is not looked at.',
  async run(values, context) {
    return (await ensuredAlready(values, context.now)) ?? ensureAll(values, context)
  },
})
