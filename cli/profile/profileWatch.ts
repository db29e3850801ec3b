import type { AgentWorld } from '../../client/agent/agentWorld.ts'
import type { ProfilesConfiguration } from '../../client/agent/profilesConfiguration.ts'
import { readConfiguration } from '../../client/agent/readConfiguration.ts'
import type { WatchOptions } from '../../client/profileWatch/watchSpec.ts'
import { brokenWatches, watchStatus } from '../../client/profileWatch/watchStatus.ts'
import { Refusal } from '../../lib/errors/refusal.ts'
import { defaultConfiguration } from '../agent/configurationFile.ts'
import { exitCodeFor } from '../agent/formatCredentials.ts'
import { formatWatches } from '../agent/formatWatches.ts'
import { keepAll, type Keeping } from '../agent/keepAll.ts'
import { configOption } from '../agent/keptOptions.ts'
import { openWatches } from '../agent/openWatches.ts'
import { processWorld } from '../agent/processWorld.ts'
import { watchSignals } from '../agent/watchSignals.ts'
import { command, type Outcome } from '../commandLine/command.ts'
import { flag, text } from '../commandLine/option.ts'
import { withVariables } from '../commandLine/withVariables.ts'

const options = withVariables({
  config: configOption,
  once: flag('check once, and end'),
  adopt: flag('take over profiles that have the name of a tunnel, whoever made them'),
  removeUnmanaged: flag('remove all VPN profiles that the file does not have, unless none is managed'),
  logFile: text('FILE', 'gets the events, and is rotated; standard error when left out'),
})

/** @throws {Refusal} `usage-wrong` where nothing is, `configuration-invalid`, `path-shared` */
const profilesOf = async (file: string): Promise<readonly ProfilesConfiguration[]> => {
  const { profiles } = await readConfiguration(file)
  if (profiles.length > 0) return profiles
  throw new Refusal('usage-wrong', `Cannot keep profiles current: ${file} has no [[profiles]].`)
}

const checkOnce = async (file: string, wanted: WatchOptions, world: AgentWorld): Promise<Outcome> => {
  const profiles = await profilesOf(file)
  const watches = await openWatches(profiles, wanted, world)
  const { stop } = watchSignals()
  const states = await Promise.all(watches.map((watch) => watch.once(stop)))
  const now = world.now()
  const statuses = profiles.flatMap((one, index) => {
    const state = states[index]
    return state ? [watchStatus(one, state, now)] : []
  })
  return {
    text: formatWatches(statuses, now),
    json: { profiles: statuses },
    exitCode: exitCodeFor(brokenWatches(statuses)),
  }
}

const keepingOf = async (file: string, wanted: WatchOptions, world: AgentWorld): Promise<Keeping> => {
  const watches = await openWatches(await profilesOf(file), wanted, world)
  return { kept: watches.map(({ kept }) => kept), locked: [], facts: { profiles: watches.length } }
}

export const profileWatch = command({
  name: 'profile watch',
  summary: 'keep VPN profiles as a vpn.toml says',
  options,
  notes:
    'Does alone what the agent does as well, where its configuration has [[profiles]]. Ends with 0 where all profiles are as the file says, with 4 where a change waits for the end of a tunnel or for a name, else with 3.',
  async run({ config, once, logFile, adopt, removeUnmanaged }, { now }) {
    const file = config ?? defaultConfiguration()
    if (file === undefined)
      throw new Refusal('usage-wrong', 'Cannot tell which profiles to keep: give --config FILE.')
    const world = processWorld({ now, logFile: logFile ?? (await readConfiguration(file)).logFile })
    const wanted = { adopt, removeUnmanaged }
    if (once) return checkOnce(file, wanted, world)
    return keepAll((around) => keepingOf(file, wanted, around), world)
  },
})
