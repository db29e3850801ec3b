import { resolve } from 'node:path'
import { type Installation, installService, plannedFiles } from '../../client/service/installService.ts'
import { readConfiguration } from '../../client/agent/readConfiguration.ts'
import { managerOf } from '../../client/service/managerOf.ts'
import { shownStep, stepRunner } from '../../client/service/runSteps.ts'
import { decodeServiceFile, type ServiceFile } from '../../client/service/serviceFile.ts'
import type { ServiceManager } from '../../client/service/serviceManager.ts'
import { Refusal } from '../../lib/errors/refusal.ts'
import { shownLines, shownText } from '../../lib/terminal/shownText.ts'
import { command, type Outcome } from '../commandLine/command.ts'
import { flag, type Parse, parsed } from '../commandLine/option.ts'
import { parseDuration } from '../commandLine/timeOption.ts'
import { configOption } from './keptOptions.ts'
import { configurationFile } from './configurationFile.ts'
import { describedService } from './describedService.ts'
import {
  checkInstaller,
  processInstaller,
  stepLines,
  stepsExitCode,
  stepsJson,
  systemOption,
} from './processInstaller.ts'

/** Less often, and a renewal window could pass between two looks. */
const mostSeconds = 1_800
const leastSeconds = 60

/** @throws {Refusal} `usage-wrong` */
const parseEvery: Parse<number> = (given, told) => {
  const seconds = parseDuration(given, told) / 1000
  if (seconds >= leastSeconds && seconds <= mostSeconds) return seconds
  throw new Refusal('usage-wrong', 'Cannot read --every: it takes a duration from 1m to 30m.')
}

/** Sessions are guarded by an agent that stays. @throws {Refusal} `install-refused`, and what readConfiguration() throws */
const checkStays = async (file: string): Promise<void> => {
  const { bundles } = await readConfiguration(file)
  const guarded = bundles.find(({ guard }) => (guard?.servers.length ?? 0) > 0)
  if (guarded)
    throw new Refusal(
      'install-refused',
      `Cannot install a service that looks every so often: between two looks nobody guards the sessions of ${guarded.folder}. Leave --every out.`,
    )
}

const planned = ({ start }: ServiceManager, files: readonly ServiceFile[]): Outcome => {
  const steps = start(files.map(({ path }) => path)).map(shownStep)
  const texts = files.map(({ path, contents }) => ({ path, text: decodeServiceFile(contents) }))
  return {
    text: shownLines(
      [
        ...texts.map(({ path, text }) => `would write ${path}:\n${text}`),
        ...steps.map((step) => `would run ${step}`),
      ].join('\n'),
    ),
    json: { dryRun: true, files: texts, steps },
  }
}

const endOf = ({ name, advice }: ServiceManager, { failed }: Installation): string =>
  failed === undefined
    ? `The agent is installed. ${advice}`
    : `The files are there: run the rest once ${name} takes it.`

const told = (manager: ServiceManager, done: Installation): Outcome => {
  const { written, removed, failed } = done
  const isKept = done.ran.length === 0 && failed === undefined
  const lines = [
    ...removed.map((path) => `removed  ${path}`),
    ...written.map((path) => `wrote    ${path}`),
    ...stepLines(done),
    isKept ? 'The agent is installed already, and runs: nothing was changed.' : endOf(manager, done),
  ]
  return {
    text: lines.map(shownText).join('\n'),
    json: { dryRun: false, written, removed, ...stepsJson(done) },
    exitCode: stepsExitCode(done),
  }
}

export const agentInstall = command({
  name: 'agent install',
  summary: 'have the system start the agent',
  options: {
    system: systemOption,
    config: configOption,
    every: parsed('DURATION', 'look so often instead of staying (1m to 30m); on Windows 5m', parseEvery),
    dryRun: flag('show what would be written and run, and change nothing'),
  },
  notes:
    'The configuration is checked first, and that nobody else can write to it or to the program. Ends with 4 where files were written and the platform could not be told.',
  async run({ system: isSystem, config, every: everySeconds, dryRun }) {
    if (!dryRun) checkInstaller(isSystem, process.getuid?.())
    const manager = managerOf(await processInstaller(isSystem))
    const file = resolve(config ?? configurationFile(isSystem))
    if (everySeconds !== undefined) await checkStays(file)
    const service = await describedService(file, { isSystem, everySeconds })
    if (dryRun) return planned(manager, plannedFiles(manager, service))
    return told(manager, await installService(manager, service, stepRunner(process.env)))
  },
})
