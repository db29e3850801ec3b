import { rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { Refusal } from '../../lib/errors/refusal.ts'
import { makeFolder } from '../../lib/files/makeFolder.ts'
import { replaceFile } from '../../lib/files/replaceFile.ts'
import { privateFolder } from '../credential/privateFolder.ts'
import type { AgentService, WritableFolder } from './agentService.ts'
import { installedService } from './installedService.ts'
import { type RunStep, runSteps, type StepsRun } from './runSteps.ts'
import { findServiceFile, type ServiceFile } from './serviceFile.ts'
import type { ServiceManager } from './serviceManager.ts'

/** What an installation did. */
export interface Installation extends StepsRun {
  /** Paths of files. */
  readonly written: readonly string[]
  readonly removed: readonly string[]
}

/** Neither unit files nor XML have these. */
const unwritable = /[\p{Cc}\p{Cs}\uFFFE\uFFFF]/u

/** @throws {Refusal} `install-refused` */
const checkPaths = ({ program, configurationFile, needs }: AgentService): void => {
  const paths = [...program, configurationFile, ...needs.writable.map(({ path }) => path)]
  const wrong = paths.find((path) => unwritable.test(path))
  if (wrong === undefined) return
  throw new Refusal(
    'install-refused',
    `Cannot install a service that names ${JSON.stringify(wrong)}: there are control characters in it.`,
  )
}

/**
 * Tells which files an installation has.
 * @throws {Refusal} `install-refused` for what the platform cannot start
 */
export const plannedFiles = (manager: ServiceManager, service: AgentService): readonly ServiceFile[] => {
  checkPaths(service)
  return manager.filesOf(service)
}

const foreign = (name: string) =>
  new Refusal(
    'service-foreign',
    `Cannot install over ${name}: mayfly agent install did not write it, or somebody changed it.`,
  )

/** @throws {Refusal} `service-foreign` */
const checkNamesake = async ({ namesake }: ServiceManager, run: RunStep): Promise<void> => {
  if (namesake === undefined) return
  const { failure, printed } = await run(namesake.step)
  if (failure === undefined && namesake.isForeign(printed))
    throw foreign(`the task "${namesake.step.arguments[2]}"`)
}

/** @throws {Refusal} `install-refused` where this user may not write */
const allowed = async (path: string, write: () => Promise<unknown>): Promise<void> => {
  try {
    await write()
  } catch (error) {
    const { code = '' } = (error instanceof Refusal ? error.options.cause : error) as NodeJS.ErrnoException
    if (!['EACCES', 'EPERM', 'EROFS'].includes(code)) throw error
    throw new Refusal('install-refused', `Cannot write ${path}: this user may not (${code}).`, {
      cause: error,
    })
  }
}

const writeServiceFile = ({ path, contents }: ServiceFile): Promise<void> =>
  allowed(path, async () => {
    await makeFolder(dirname(path), 0o755)
    await replaceFile(path, contents, 0o644)
  })

const makeWritable = ({ path, isPrivate }: WritableFolder): Promise<void> =>
  allowed(path, () => (isPrivate ? privateFolder(path) : makeFolder(path, 0o755)))

const isSame = async ({ path, contents }: ServiceFile): Promise<boolean> => {
  const found = await findServiceFile(path)
  return found.kind === 'ours' && found.contents.equals(contents)
}

/**
 * Installs an agent as a service and begins it. What is installed already, and runs, is let alone; files of an earlier
 * installation are replaced or go.
 * @returns what was done; where a program of the platform failed, the files are there and the rest is to be run by hand.
 * @throws {Refusal} `install-refused`; `service-foreign` before anything is changed, where a file or task of somebody else is in the
 *   place of one
 */
export const installService = async (
  manager: ServiceManager,
  service: AgentService,
  run: RunStep,
): Promise<Installation> => {
  const files = plannedFiles(manager, service)
  const paths = files.map(({ path }) => path)
  const before = await installedService(manager)
  const [someone] = before.foreign
  if (someone !== undefined) throw foreign(someone)
  await checkNamesake(manager, run)
  const removed = before.files.filter((path) => !paths.includes(path))
  const isKept = (await Promise.all(files.map(isSame))).every((same) => same) && removed.length === 0
  if (isKept && (await runSteps(manager.isOn(paths), run)).failed === undefined)
    return { written: [], removed: [], ran: [], left: [] }
  // An agent that does not run, or whose platform does not answer, needs no end.
  if (before.files.length > 0) await runSteps(manager.stop(before.files), run)
  for (const folder of manager.foldersOf(service)) await makeWritable(folder)
  for (const path of removed) await rm(path)
  if (!isKept) for (const file of files) await writeServiceFile(file)
  const started = await runSteps(manager.start(paths), run)
  return { written: isKept ? [] : paths, removed, ...started }
}
