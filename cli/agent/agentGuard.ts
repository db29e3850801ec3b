import { resolve } from 'node:path'
import type { AgentWorld } from '../../client/agent/agentWorld.ts'
import { readConfiguration } from '../../client/agent/readConfiguration.ts'
import { decideEnds } from '../../client/guard/decideEnds.ts'
import type { Guard } from '../../client/guard/openGuard.ts'
import { brokenGuards, guardStatus } from '../../client/guard/guardStatus.ts'
import { parseSessions } from '../../client/guard/parseSessions.ts'
import { Refusal } from '../../lib/errors/refusal.ts'
import { readInput } from '../../lib/files/readInput.ts'
import { shownText } from '../../lib/terminal/shownText.ts'
import { command, type Outcome } from '../commandLine/command.ts'
import { flag, text } from '../commandLine/option.ts'
import { withVariables } from '../commandLine/withVariables.ts'
import { defaultConfiguration } from './configurationFile.ts'
import { exitCodeFor } from './formatCredentials.ts'
import { formatGuards } from './formatGuards.ts'
import { keepAll, type Keeping } from './keepAll.ts'
import { configOption, loggingOf, logOptions } from './keptOptions.ts'
import { openGuards } from './openGuards.ts'
import { processWorld } from './processWorld.ts'
import { watchSignals } from './watchSignals.ts'

const options = withVariables({
  config: configOption,
  once: flag('look once, end what has to end, and end'),
  sessions: text('FILE', 'with --once: decide about the sessions in a JSON file, and end none'),
  ...logOptions,
})

/** What a configuration has guarded. */
interface Guarded {
  readonly folders: readonly string[]
  readonly guards: readonly Guard[]
}

/** @throws {Refusal} `usage-wrong` where nothing is, `configuration-invalid`, `path-shared`, and as openGuards() does */
const openGuarded = async (file: string, world: AgentWorld): Promise<Guarded> => {
  const { bundles } = await readConfiguration(file)
  const guarded = bundles.filter(({ guard }) => guard !== undefined)
  if (guarded.length === 0)
    throw new Refusal('usage-wrong', `Cannot guard sessions: no bundle of ${file} has a [bundles.guard].`)
  return { folders: guarded.map(({ folder }) => folder), guards: await openGuards(guarded, world) }
}

const keepingOf = ({ guards }: Guarded): Keeping => ({
  kept: guards.flatMap(({ kept }) => kept),
  locked: [],
  facts: { guards: guards.length },
})

const lookOnce = async ({ folders, guards }: Guarded, world: AgentWorld, signal: AbortSignal) => {
  const states = await Promise.all(guards.map((guard) => guard.once(signal)))
  return folders.map((folder, index) => guardStatus(folder, states[index], world.now()))
}

/** A sentence for people about a session that has to end. */
const endLine = ({ session, text: why }: ReturnType<typeof decideEnds>[number]): string =>
  shownText(`${session.id}  ${session.user}  ${why}`)

const decideOnce = async (guarded: Guarded, file: string, world: AgentWorld): Promise<Outcome> => {
  const [guard, ...others] = guarded.guards
  if (!guard || others.length > 0)
    throw new Refusal(
      'usage-wrong',
      'Cannot tell whose sessions --sessions lists: several bundles are guarded.',
    )
  const refuse = (why: string) => new Refusal('usage-wrong', `Cannot read --sessions: ${file} ${why}.`)
  const sessions = parseSessions(readInput(file), refuse)
  const statuses = await lookOnce(guarded, world, watchSignals().stop)
  const ends = decideEnds(sessions, await guard.grounds(), world.now())
  const [status] = statuses
  return {
    text: ends.length === 0 ? 'No session has to end.' : ends.map(endLine).join('\n'),
    json: {
      ends: ends.map(({ session: { id, user }, kind, text: why }) => ({ id, user, reason: kind, text: why })),
      drops: { ...status?.drops, isStale: status?.condition === 'drops-stale' },
    },
    exitCode: exitCodeFor(brokenGuards(statuses)),
  }
}

const guardOnce = async (guarded: Guarded, world: AgentWorld): Promise<Outcome> => {
  const statuses = await lookOnce(guarded, world, watchSignals().stop)
  return {
    text: formatGuards(statuses, world.now()),
    json: { guards: statuses },
    exitCode: exitCodeFor(brokenGuards(statuses)),
  }
}

export const agentGuard = command({
  name: 'agent guard',
  summary: 'end sessions on a VPN server whose right to it is over',
  options,
  notes:
    'Does alone what the agent does as well, where a bundle of its configuration has [bundles.guard]: every 5 seconds sessions end whose certificate ended, whose issuer left the bundle, or whose user, device or key an administrator stopped. Ends with 0 where all is known, with 4 where what is not may be known later, such as a drop list older than 5 minutes, else with 3.',
  async run({ config, once, sessions, ...logging }, { now }) {
    const file = config ?? defaultConfiguration()
    if (file === undefined)
      throw new Refusal('usage-wrong', 'Cannot tell which sessions to guard: give --config FILE.')
    if (sessions !== undefined && !once)
      throw new Refusal('usage-wrong', 'Cannot read --sessions but with --once: a file tells sessions once.')
    const world = processWorld({ now, ...loggingOf(logging, await readConfiguration(file)) })
    if (!once) return keepAll(async (around) => keepingOf(await openGuarded(file, around)), world)
    const guarded = await openGuarded(file, world)
    return sessions === undefined ? guardOnce(guarded, world) : decideOnce(guarded, resolve(sessions), world)
  },
})
