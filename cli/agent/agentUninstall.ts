import { managerOf } from '../../client/service/managerOf.ts'
import { stepRunner } from '../../client/service/runSteps.ts'
import type { ServiceManager } from '../../client/service/serviceManager.ts'
import { type Uninstallation, uninstallService } from '../../client/service/uninstallService.ts'
import { shownText } from '../../lib/terminal/shownText.ts'
import { command, type Outcome } from '../commandLine/command.ts'
import { exitCodes } from '../commandLine/exitCodes.ts'
import {
  checkInstaller,
  processInstaller,
  stepLines,
  stepsExitCode,
  stepsJson,
  systemOption,
} from './processInstaller.ts'

const endOf = ({ name }: ServiceManager, { removed, foreign, failed }: Uninstallation): string => {
  if (foreign.length > 0) return 'Nothing was removed: look at what was changed, and remove it by hand.'
  if (failed !== undefined) return `Nothing was removed: run this again once ${name} takes it.`
  if (removed.length === 0) return 'No agent is installed.'
  return 'The agent is no service any more. Its configuration, credentials and bundles are kept.'
}

const told = (manager: ServiceManager, done: Uninstallation): Outcome => {
  const { removed, foreign } = done
  const lines = [
    ...foreign.map(
      (path) => `left     ${path}: mayfly agent install did not write it, or somebody changed it`,
    ),
    ...stepLines(done),
    ...removed.map((path) => `removed  ${path}`),
    endOf(manager, done),
  ]
  return {
    text: lines.map(shownText).join('\n'),
    json: { removed, left: foreign, ...stepsJson(done) },
    exitCode: foreign.length > 0 ? exitCodes.refused : stepsExitCode(done),
  }
}

export const agentUninstall = command({
  name: 'agent uninstall',
  summary: 'end an agent that the system starts',
  options: { system: systemOption },
  notes:
    'Removes what `agent install` wrote and nobody changed since; credentials are kept. Ends with 3 where something was changed and left.',
  async run({ system: isSystem }) {
    checkInstaller(isSystem, process.getuid?.())
    const manager = managerOf(await processInstaller(isSystem))
    return told(manager, await uninstallService(manager, stepRunner(process.env)))
  },
})
