import { inspectConfiguration, readConfiguration } from '../../client/agent/readConfiguration.ts'
import { profileChecks } from '../../client/check/profileChecks.ts'
import { Refusal } from '../../lib/errors/refusal.ts'
import { shownText } from '../../lib/terminal/shownText.ts'
import { configurationFile } from '../agent/configurationFile.ts'
import { faultsOutcome } from '../agent/faultsOutcome.ts'
import { configOption, fileFor } from '../agent/keptOptions.ts'
import { command, type CommandContext, type Outcome } from '../commandLine/command.ts'
import { flag } from '../commandLine/option.ts'
import { clientGroups } from './diagnoseClient.ts'
import { diagnoseKept } from './diagnoseKept.ts'
import { serverGroup } from './diagnoseServer.ts'

const count = (number: number, word: string): string => `${number} ${word}${number === 1 ? '' : 's'}`

/** Looks at the file and at what it names. */
const look = async (file: string): Promise<Outcome> => {
  const read = await inspectConfiguration(file)
  if (read.kind === 'faults') return faultsOutcome(file, read.faults)
  const { credentials, bundles, profiles } = read.configuration
  const kept = [count(credentials.length, 'credential'), count(bundles.length, 'bundle')]
  const told = [...kept, ...(profiles.length === 0 ? [] : [count(profiles.length, 'vpn.toml')])].join(', ')
  return {
    text: `${shownText(file)} is right: ${told}`,
    json: {
      file,
      valid: true,
      faults: [],
      credentials: credentials.length,
      bundles: bundles.length,
      profiles: profiles.length,
    },
  }
}

/** Looks at the file, and asks everything that an agent would ask, but for a certificate. */
const ask = (file: string, context: CommandContext): Promise<Outcome> =>
  diagnoseKept({ config: file, out: undefined }, context, async () => {
    const { credentials, bundles, profiles } = await readConfiguration(file)
    const servers = bundles.map((bundle) => serverGroup(bundle, context))
    return [
      ...(await clientGroups(credentials, context)),
      ...(await Promise.all(servers)),
      ...profiles.map((one) => ({ checks: profileChecks(one, context) })),
    ]
  })

export const agentCheck = command({
  name: 'agent check',
  summary: 'tell everything that is wrong with a mayfly.toml',
  options: {
    config: configOption,
    online: flag('ask services, sources of tokens, keys and mirrors as well; for no certificate'),
  },
  notes:
    'Looks at the file and at what it names, and at the service with --online alone; without --config at the file that the agent would read. Ends with 3 where something is wrong.',
  async run({ config, online }, context) {
    const file = fileFor({ config, out: undefined })
    if (file === undefined)
      throw new Refusal(
        'usage-wrong',
        `Cannot check a configuration: give --config FILE; there is no ${configurationFile()}.`,
      )
    return online ? ask(file, context) : look(file)
  },
})
