import { homedir, tmpdir } from 'node:os'
import { dirname } from 'node:path'
import { isSea } from 'node:sea'
import { windowsUser } from '../../client/credential/privateFolder.ts'
import type { RunningProgram } from '../../client/service/agentProgram.ts'
import type { Installer } from '../../client/service/managerOf.ts'
import { shownStep, type StepsRun } from '../../client/service/runSteps.ts'
import { Refusal } from '../../lib/errors/refusal.ts'
import { processMachine } from '../client/credentialFolderOf.ts'
import { exitCodes } from '../commandLine/exitCodes.ts'
import { flag } from '../commandLine/option.ts'
import { configurationFile } from './configurationFile.ts'

/** Describes `--system`. */
export const systemOption = flag('for the machine, not for the user who runs this')

const userId = (): Promise<string> =>
  process.platform === 'win32'
    ? windowsUser(processMachine())
    : Promise.resolve(String(process.getuid?.() ?? ''))

/** The machine that this process runs on, and for whom it installs. */
export const processInstaller = async (isSystem: boolean): Promise<Installer> => ({
  platform: process.platform,
  home: homedir(),
  environment: process.env,
  isSystem,
  userId: await userId(),
  configurationFolder: dirname(configurationFile(isSystem)),
})

/** The program of this process. */
export const processProgram = (): RunningProgram => ({
  executable: process.execPath,
  script: isSea() ? undefined : process.argv[1],
  temporary: [tmpdir(), ...(process.platform === 'win32' ? [] : ['/tmp', '/var/tmp', '/dev/shm', '/run'])],
})

/**
 * Makes sure that services of the machine are changed by root, and those of a user by that user.
 * @param uid the number of who runs this; undefined on Windows, which says itself who may not.
 * @throws {Refusal} `usage-wrong`
 */
export const checkInstaller = (isSystem: boolean, uid: number | undefined): void => {
  if (uid === undefined || isSystem === (uid === 0)) return
  throw new Refusal(
    'usage-wrong',
    isSystem
      ? 'Cannot change a service of the machine: --system is for root.'
      : 'Cannot change a service of the user root: it has none; --system is for those of the machine.',
  )
}

/** Tells of programs that were run, and of those that somebody has to run. */
export const stepLines = ({ ran, failed, left }: StepsRun): readonly string[] => [
  ...ran.map((step) => `ran      ${shownStep(step)}`),
  ...(failed === undefined ? [] : [`failed   ${shownStep(failed.step)}: ${failed.failure}`]),
  ...left.map((step) => `to run   ${shownStep(step)}`),
]

/** The same for programs. */
export const stepsJson = ({ ran, failed, left }: StepsRun) => ({
  ran: ran.map(shownStep),
  failure: failed?.failure ?? null,
  toRun: left.map(shownStep),
})

/** What is not run yet can be, once the platform answers. */
export const stepsExitCode = ({ failed }: StepsRun): number =>
  failed === undefined ? exitCodes.ok : exitCodes.tryLater
