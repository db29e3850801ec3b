import type { AgentWorld } from '../../client/agent/agentWorld.ts'
import { believedAhead } from '../../client/agent/believedAhead.ts'
import { keepCredential } from '../../client/agent/keepCredential.ts'
import { keptCredential } from '../../client/agent/keptCredential.ts'
import { keptTrust, lookAtTrust } from '../../client/agent/keptTrust.ts'
import { type RenewalsUnderWay, renewalsUnderWay } from '../../client/agent/renewalsUnderWay.ts'
import { openServiceClock } from '../../client/agent/serviceClock.ts'
import { askingOf } from '../client/askingOf.ts'
import { command, type CommandContext, type Outcome, type Stream } from '../commandLine/command.ts'
import { flag } from '../commandLine/option.ts'
import { withVariables } from '../commandLine/withVariables.ts'
import { keepAll, type Keeping } from './keepAll.ts'
import { fileFor, keptOptions, loggingOf, logOptions } from './keptOptions.ts'
import { openAll, type Opened } from './openAll.ts'
import { processWorld } from './processWorld.ts'
import { statusOutcome } from './statusOutcome.ts'
import { watchSignals } from './watchSignals.ts'

const options = withVariables({
  ...keptOptions,
  once: flag('look once, renew where it is time, and end'),
  foreground: flag('stay until a signal ends it; the default'),
  ...logOptions,
})

const lookOnce = async (
  { credentials, bundles, watches }: Opened,
  { world, waiting }: { readonly world: AgentWorld } & Pick<CommandContext, 'waiting'>,
): Promise<Outcome> => {
  const { stop: signal } = watchSignals()
  const looks = await Promise.allSettled([
    ...credentials.map(async (spec) => {
      const clock = openServiceClock(world, believedAhead(await spec.state.read(), world))
      return waiting(askingOf(spec.url), () => keepCredential(spec, { world, clock, signal }))
    }),
    ...bundles.map((spec) =>
      waiting(askingOf(...spec.places.map(({ url }) => url)), () =>
        lookAtTrust(spec, { world, signal, hasChanged: false }),
      ),
    ),
    ...watches.map(async (watch) => {
      await waiting('checking VPN profiles', () => watch.once(signal))
      // What is wrong with profiles is no reason to show nothing of them.
      return { error: undefined }
    }),
  ])
  // What fails for one is not the end of the others.
  for (const look of looks) {
    const error: unknown = look.status === 'rejected' ? look.reason : look.value.error
    if (error !== undefined) throw error
  }
  // Nothing was asked so soon after a failure: what is not there is no success.
  return statusOutcome(
    { credentials, bundles, guarded: [], profiles: watches.map(({ watched }) => watched) },
    world,
  )
}

const keepingOf = (
  { credentials, bundles, guards, watches }: Opened,
  { watched, ended }: RenewalsUnderWay = renewalsUnderWay(),
): Keeping => ({
  ended,
  kept: [
    ...credentials.map((spec) => keptCredential(watched(spec))),
    ...bundles.map(keptTrust),
    ...guards.flatMap(({ kept }) => kept),
    ...watches.map(({ kept }) => kept),
  ],
  locked: credentials.map(({ folder }) => folder),
  facts: {
    credentials: credentials.length,
    bundles: bundles.length,
    guards: guards.length,
    profiles: watches.length,
  },
})

export const agent = command({
  name: 'agent',
  summary: 'keep credentials valid, and trust bundles current',
  options,
  notes:
    'Events are lines of JSON on standard error. SIGHUP reads the configuration again, SIGTERM ends the agent. A hook finds MAYFLY_EVENT (renewed or refused), MAYFLY_TENANT, MAYFLY_FOLDER, MAYFLY_KEY_FILE, MAYFLY_CERTIFICATE_FILE, MAYFLY_CHAIN_FILE, MAYFLY_PKCS12_FILE where there is one, and MAYFLY_SERIAL_NUMBER, MAYFLY_NOT_BEFORE, MAYFLY_NOT_AFTER or MAYFLY_CODE, MAYFLY_DETAIL, MAYFLY_REMEDY in its environment.',
  async run({ config, once, logFile, logLevel, ...values }, context): Promise<Outcome | Stream> {
    const found = await openAll(values, fileFor({ config, ...values }), context)
    const world = processWorld({ now: context.now, ...loggingOf({ logFile, logLevel }, found) })
    if (!once) return keepAll(async (around) => keepingOf(await found.load(around)), world)
    return lookOnce(await found.load(world), { world, waiting: context.waiting })
  },
})
