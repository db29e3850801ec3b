import { type ConfigurationFault, printFault } from '../../client/agent/configurationFault.ts'
import { shownText } from '../../lib/terminal/shownText.ts'
import type { Outcome } from '../commandLine/command.ts'
import { exitCodes } from '../commandLine/exitCodes.ts'

/** Tells everything that is wrong with a file. */
export const faultsOutcome = (file: string, faults: readonly ConfigurationFault[]): Outcome => {
  const lines = faults.map((fault) => shownText(`${file}: ${printFault(fault)}`))
  const json = {
    file,
    valid: false,
    faults: faults.map((fault) => ({ ...fault, line: fault.line ?? null })),
  }
  const count = `${faults.length} fault${faults.length === 1 ? '' : 's'}`
  return { text: [...lines, count].join('\n'), json, exitCode: exitCodes.refused }
}
