import { type Check } from '../../client/check/check.ts'
import { type Found, ok, problem } from '../../client/check/finding.ts'
import { printFault } from '../../client/agent/configurationFault.ts'
import { inspectConfiguration } from '../../client/agent/readConfiguration.ts'

const count = (number: number, word: string): string => `${number} ${word}${number === 1 ? '' : 's'}`

/** Tells every fault of a mayfly.toml, as `mayfly agent check` does. */
const fileFound = async (file: string): Promise<readonly Found[]> => {
  const read = await inspectConfiguration(file)
  if (read.kind === 'faults')
    return read.faults.map((fault) =>
      problem(printFault(fault), 'Correct the file: mayfly help agent and docs/client.md name its members.'),
    )
  const { credentials, bundles } = read.configuration
  return [ok(`${count(credentials.length, 'credential')}, ${count(bundles.length, 'bundle')}`)]
}

/** Checks the configuration of an agent. Where it has a fault there is nothing else to look at. */
export const configurationChecks = (file: string | undefined): readonly Check[] =>
  file === undefined ? [] : [{ id: 'configuration-file', subject: file, ask: () => fileFound(file) }]
