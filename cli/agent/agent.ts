import { hostname } from 'node:os'
import type { AgentWorld } from '../../client/agent/agentWorld.ts'
import { withAgentLocks } from '../../client/agent/withAgentLocks.ts'
import { keepCredential } from '../../client/agent/keepCredential.ts'
import { keptCredential } from '../../client/agent/keptCredential.ts'
import { keptTrust, lookAtTrust } from '../../client/agent/keptTrust.ts'
import { runAgent } from '../../client/agent/runAgent.ts'
import { openServiceClock } from '../../client/agent/serviceClock.ts'
import { askingOf } from '../client/askingOf.ts'
import { command, type CommandContext, type Outcome, type Stream } from '../commandLine/command.ts'
import { flag, text } from '../commandLine/option.ts'
import { withVariables } from '../commandLine/withVariables.ts'
import { fileFor, keptOptions } from './keptOptions.ts'
import { type Loading, openAll, type Opened } from './openAll.ts'
import { processWorld } from './processWorld.ts'
import { statusOutcome } from './statusOutcome.ts'
import { watchSignals } from './watchSignals.ts'

const options = withVariables({
  ...keptOptions,
  once: flag('look once, renew where it is time, and end'),
  foreground: flag('stay until a signal ends it; the default'),
  logFile: text('FILE', 'gets the events, and is rotated; standard error when left out'),
})

const holder = () => `the agent with process id ${process.pid} on ${hostname()}`

const lookOnce = async (
  { credentials, bundles }: Opened,
  { world, waiting }: { readonly world: AgentWorld } & Pick<CommandContext, 'waiting'>,
): Promise<Outcome> => {
  const { stop: signal } = watchSignals()
  const looks = await Promise.allSettled([
    ...credentials.map(async (spec) => {
      const clock = openServiceClock(world, (await spec.state.read()).clockAheadSeconds)
      return waiting(askingOf(spec.url), () => keepCredential(spec, { world, clock, signal }))
    }),
    ...bundles.map((spec) =>
      waiting(askingOf(...spec.places.map(({ url }) => url)), () =>
        lookAtTrust(spec, { world, signal, hasChanged: false }),
      ),
    ),
  ])
  // What fails for one is not the end of the others.
  for (const look of looks) {
    const error: unknown = look.status === 'rejected' ? look.reason : look.value.error
    if (error !== undefined) throw error
  }
  // Nothing was asked so soon after a failure: what is not there is no success.
  return statusOutcome({ credentials, bundles }, world.now())
}

/** Keeps everything until a signal ends that; a reload that fails leaves all as it was. */
const keepAll = async (load: Loading['load'], world: AgentWorld): Promise<void> => {
  const signals = watchSignals()
  let opened = await load(world)
  world.report({
    kind: 'started',
    level: 'info',
    text: 'The agent started.',
    facts: { credentials: opened.credentials.length, bundles: opened.bundles.length },
  })
  const nextReload = signals.onReload(async () => {
    opened = await load(world)
    world.report({ kind: 'reloaded', level: 'info', text: 'The agent read its configuration again.' })
  }, world)
  while (!signals.stop.aborted) {
    const signal = AbortSignal.any([signals.stop, nextReload()])
    const { credentials, bundles } = opened
    const folders = credentials.map(({ folder }) => folder)
    const kept = [...credentials.map(keptCredential), ...bundles.map(keptTrust)]
    // Those who keep a bundle take turns, and others read its folder.
    await withAgentLocks(folders, () => runAgent(kept, world, signal), {
      holder: holder(),
      signal,
    }).catch((error: unknown) => {
      // Whoever ends, or has something else to keep by now, no longer waits for a lock.
      if (!signal.aborted) throw error
    })
  }
  world.report({ kind: 'stopped', level: 'info', text: 'The agent stopped.' })
}

/** Prints nothing: what an agent tells are events. */
const running = async function* (work: () => Promise<void>): AsyncIterable<string> {
  await work()
  yield* []
}

export const agent = command({
  name: 'agent',
  summary: 'keep credentials valid, and trust bundles current',
  options,
  notes:
    'Events are lines of JSON on standard error. SIGHUP reads the configuration again, SIGTERM ends the agent. A hook finds MAYFLY_EVENT (renewed or refused), MAYFLY_TENANT, MAYFLY_FOLDER, MAYFLY_KEY_FILE, MAYFLY_CERTIFICATE_FILE, MAYFLY_CHAIN_FILE, MAYFLY_PKCS12_FILE where there is one, and MAYFLY_SERIAL_NUMBER, MAYFLY_NOT_BEFORE, MAYFLY_NOT_AFTER or MAYFLY_CODE, MAYFLY_DETAIL, MAYFLY_REMEDY in its environment.',
  async run({ config, once, logFile, ...values }, context): Promise<Outcome | Stream> {
    const found = await openAll(values, fileFor({ config, ...values }), context)
    const world = processWorld({ now: context.now, logFile: logFile ?? found.logFile })
    if (!once) return { pieces: running(() => keepAll(found.load, world)) }
    return lookOnce(await found.load(world), { world, waiting: context.waiting })
  },
})
