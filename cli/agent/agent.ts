import { hostname } from 'node:os'
import type { AgentWorld } from '../../client/agent/agentWorld.ts'
import { withAgentLocks } from '../../client/agent/withAgentLocks.ts'
import type { CredentialSpec } from '../../client/agent/credentialSpec.ts'
import { keepCredential } from '../../client/agent/keepCredential.ts'
import { keptCredential } from '../../client/agent/keptCredential.ts'
import { runAgent } from '../../client/agent/runAgent.ts'
import { openServiceClock } from '../../client/agent/serviceClock.ts'
import { command, type CommandContext, type Outcome, type Stream } from '../commandLine/command.ts'
import { flag, text, type Values } from '../commandLine/option.ts'
import { credentialOptions, openCredential } from './credentialOptions.ts'
import { exitCodeFor, formatStatus, statusOf } from './agentStatus.ts'
import { processWorld } from './processWorld.ts'
import { watchSignals } from './watchSignals.ts'

const options = {
  ...credentialOptions,
  once: flag('look once, renew where it is time, and end'),
  foreground: flag('stay until a signal ends it; the default'),
  logFile: text('FILE', 'gets the events, and is rotated; standard error when left out'),
}

/** Opens everything that the agent keeps: again at each reload. */
const openAll = async (
  values: Values<typeof options>,
  context: CommandContext,
): Promise<readonly CredentialSpec[]> => [await openCredential(values, context, { isInteractive: false })]

const holder = () => `the agent with process id ${process.pid} on ${hostname()}`

const lookOnce = async (
  specs: readonly CredentialSpec[],
  world: AgentWorld,
  signal: AbortSignal,
): Promise<Outcome> => {
  const looks = await Promise.all(
    specs.map(async (spec) => {
      const clock = openServiceClock(world, (await spec.state.read()).clockAheadSeconds)
      return keepCredential(spec, { world, clock, signal })
    }),
  )
  const error = looks.find((look) => look.error)?.error
  if (error) throw error
  const statuses = await Promise.all(specs.map(({ folder }) => statusOf(folder, world.now())))
  const told = formatStatus(statuses, world.now())
  // Nothing was asked so soon after a failure: what is not there is no success.
  return { text: told, json: { credentials: statuses }, exitCode: exitCodeFor(statuses) }
}

/** Keeps everything until a signal ends that; a reload that fails leaves all as it was. */
const keepAll = async (load: () => Promise<readonly CredentialSpec[]>, world: AgentWorld): Promise<void> => {
  const signals = watchSignals()
  let specs = await load()
  world.report({
    kind: 'started',
    level: 'info',
    text: 'The agent started.',
    facts: { credentials: specs.length },
  })
  while (!signals.stop.aborted) {
    const reload = signals.nextReload(async () => {
      specs = await load()
      world.report({ kind: 'reloaded', level: 'info', text: 'The agent read its configuration again.' })
    }, world)
    const signal = AbortSignal.any([signals.stop, reload])
    const folders = specs.map(({ folder }) => folder)
    await withAgentLocks(folders, () => runAgent(specs.map(keptCredential), world, signal), {
      holder: holder(),
      signal,
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
  summary: 'keep a credential valid until a signal ends that',
  options,
  notes:
    'Events are lines of JSON on standard error. SIGHUP reads the configuration again, SIGTERM ends the agent. A hook finds MAYFLY_EVENT (renewed or refused), MAYFLY_TENANT, MAYFLY_FOLDER, MAYFLY_KEY_FILE, MAYFLY_CERTIFICATE_FILE, MAYFLY_CHAIN_FILE, and MAYFLY_SERIAL_NUMBER, MAYFLY_NOT_BEFORE, MAYFLY_NOT_AFTER or MAYFLY_CODE, MAYFLY_DETAIL, MAYFLY_REMEDY in its environment.',
  async run(values, context): Promise<Outcome | Stream> {
    const world = processWorld({ now: context.now, logFile: values.logFile })
    const load = () => openAll(values, context)
    if (!values.once) return { pieces: running(() => keepAll(load, world)) }
    const { stop } = watchSignals()
    return lookOnce(await load(), world, stop)
  },
})
