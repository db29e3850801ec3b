import type { AgentWorld } from '../../client/agent/agentWorld.ts'
import type { ProfilesConfiguration } from '../../client/agent/profilesConfiguration.ts'
import { readConfiguration } from '../../client/agent/readConfiguration.ts'
import { planChanges } from '../../client/profileWatch/planChanges.ts'
import type { WatchOptions } from '../../client/profileWatch/watchSpec.ts'
import { brokenWatches, watchStatus } from '../../client/profileWatch/watchStatus.ts'
import { Refusal } from '../../lib/errors/refusal.ts'
import { defaultConfiguration } from '../agent/configurationFile.ts'
import { exitCodeFor } from '../agent/formatCredentials.ts'
import { formatWatches } from '../agent/formatWatches.ts'
import { keepAll, type Keeping } from '../agent/keepAll.ts'
import { configOption, loggingOf, logOptions } from '../agent/keptOptions.ts'
import { clientOf, openWatches, watchSpecs } from '../agent/openWatches.ts'
import { processWorld } from '../agent/processWorld.ts'
import { watchSignals } from '../agent/watchSignals.ts'
import { command, type CommandContext, type Outcome } from '../commandLine/command.ts'
import { flag } from '../commandLine/option.ts'
import { withVariables } from '../commandLine/withVariables.ts'
import { formatPlan, planJson } from './formatPlan.ts'

const options = withVariables({
  config: configOption,
  once: flag('check once, and end'),
  dryRun: flag('show what a check would do, and change nothing'),
  installed: flag('the same by the last answers: no name and no list is asked for'),
  adopt: flag('take over profiles that have the name of a tunnel, whoever made them'),
  removeUnmanaged: flag('remove VPN profiles that the file does not have, unless none is managed'),
  ...logOptions,
})

/** What is kept, and how. */
interface Kept {
  readonly profiles: readonly ProfilesConfiguration[]
  readonly wanted: WatchOptions
  readonly world: AgentWorld
}

/**
 * Reads which profiles are kept. No two of one client remove what is not managed: each would remove what the other manages.
 * @throws {Refusal} `usage-wrong` where nothing is, `configuration-invalid`, `path-shared`
 */
const profilesOf = async (
  file: string,
  { removeUnmanaged }: WatchOptions,
): Promise<readonly ProfilesConfiguration[]> => {
  const { profiles } = await readConfiguration(file)
  if (profiles.length === 0)
    throw new Refusal('usage-wrong', `Cannot keep profiles current: ${file} has no [[profiles]].`)
  if (removeUnmanaged && new Set(profiles.map(clientOf)).size < profiles.length)
    throw new Refusal(
      'usage-wrong',
      `Cannot remove what is not managed: ${file} has several [[profiles]] of one client, and each would remove what another manages.`,
    )
  return profiles
}

const plan = async (
  { profiles, wanted, world }: Kept,
  asks: boolean,
  { waiting }: CommandContext,
): Promise<Outcome> => {
  const { stop: signal } = watchSignals()
  const plans = await waiting('asking for names and lists', () =>
    Promise.all(
      watchSpecs(profiles, world).map((spec) => planChanges(spec, { options: wanted, asks, signal })),
    ),
  )
  return {
    text: plans.map((one, index) => formatPlan(profiles[index]?.file ?? '', one)).join('\n\n'),
    json: { profiles: plans.map((one, index) => planJson(profiles[index]?.file ?? '', one)) },
  }
}

const checkOnce = async (
  { profiles, wanted, world }: Kept,
  { waiting }: CommandContext,
): Promise<Outcome> => {
  const watches = await openWatches(profiles, wanted, world)
  const { stop } = watchSignals()
  const now = world.now()
  const statuses = await waiting('checking VPN profiles', () =>
    Promise.all(watches.map(async ({ watched, once }) => watchStatus(watched, await once(stop), now))),
  )
  return {
    text: formatWatches(statuses, now),
    json: { profiles: statuses },
    exitCode: exitCodeFor(brokenWatches(statuses)),
  }
}

const keepingOf = async ({ profiles, wanted, world }: Kept): Promise<Keeping> => {
  const watches = await openWatches(profiles, wanted, world)
  return { kept: watches.map(({ kept }) => kept), locked: [], facts: { profiles: watches.length } }
}

export const profileWatch = command({
  name: 'profile watch',
  summary: 'keep VPN profiles as a vpn.toml says',
  options,
  notes:
    'Does alone what the agent does as well, where its configuration has [[profiles]]. With --once it ends with 0 where all profiles are as the file says, with 4 where a change waits for the end of a tunnel or for a name, else with 3.',
  async run({ config, once, dryRun, installed, adopt, removeUnmanaged, ...logging }, context) {
    const file = config ?? defaultConfiguration()
    if (file === undefined)
      throw new Refusal('usage-wrong', 'Cannot tell which profiles to keep: give --config FILE.')
    const found = await readConfiguration(file)
    const world = processWorld({ now: context.now, ...loggingOf(logging, found) })
    const wanted = { adopt, removeUnmanaged }
    const kept = { profiles: await profilesOf(file, wanted), wanted, world }
    if (dryRun || installed) return plan(kept, !installed, context)
    if (once) return checkOnce(kept, context)
    return keepAll(
      async (around) => keepingOf({ profiles: await profilesOf(file, wanted), wanted, world: around }),
      world,
    )
  },
})
