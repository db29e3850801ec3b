import { printFault } from '../../client/agent/configurationFault.ts'
import { inspectConfiguration } from '../../client/agent/readConfiguration.ts'
import { Refusal } from '../../lib/errors/refusal.ts'
import { shownText } from '../../lib/terminal/shownText.ts'
import { command } from '../commandLine/command.ts'
import { exitCodes } from '../commandLine/exitCodes.ts'
import { configurationFile, defaultConfiguration } from './configurationFile.ts'
import { configOption } from './keptOptions.ts'

const count = (number: number, word: string): string => `${number} ${word}${number === 1 ? '' : 's'}`

export const agentCheck = command({
  name: 'agent check',
  summary: 'tell everything that is wrong with a mayfly.toml',
  options: { config: configOption },
  notes:
    'Looks at the file and at what it names, not at the service; without --config at the file that the agent would read. Ends with 3 where something is wrong.',
  async run({ config }) {
    const file = config ?? defaultConfiguration()
    if (file === undefined)
      throw new Refusal(
        'usage-wrong',
        `Cannot check a configuration: give --config FILE; there is no ${configurationFile()}.`,
      )
    const read = await inspectConfiguration(file)
    if (read.kind === 'faults') {
      const { faults } = read
      const lines = faults.map((fault) => shownText(`${file}: ${printFault(fault)}`))
      const json = {
        file,
        valid: false,
        faults: faults.map((fault) => ({ ...fault, line: fault.line ?? null })),
      }
      return { text: [...lines, count(faults.length, 'fault')].join('\n'), json, exitCode: exitCodes.refused }
    }
    const { credentials, bundles } = read.configuration
    const told = `${count(credentials.length, 'credential')}, ${count(bundles.length, 'bundle')}`
    return {
      text: `${shownText(file)} is right: ${told}`,
      json: { file, valid: true, faults: [], credentials: credentials.length, bundles: bundles.length },
    }
  },
})
