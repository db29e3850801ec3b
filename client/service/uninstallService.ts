import { rm } from 'node:fs/promises'
import { installedService } from './installedService.ts'
import { type RunStep, runSteps, type StepsRun } from './runSteps.ts'
import type { ServiceManager } from './serviceManager.ts'

/** What was done to end an installation. */
export interface Uninstallation extends StepsRun {
  /** Paths of files. */
  readonly removed: readonly string[]
  /** Files that somebody else wrote or changed: they stay, and so does what they start. */
  readonly foreign: readonly string[]
}

/** Ends an agent that runs as a service, and removes what an installation wrote and nobody changed; credentials stay. */
export const uninstallService = async (manager: ServiceManager, run: RunStep): Promise<Uninstallation> => {
  const { files, foreign } = await installedService(manager)
  if (files.length === 0 || foreign.length > 0) return { removed: [], foreign, ran: [], left: [] }
  const stopped = await runSteps(manager.stop(files), run)
  if (stopped.failed !== undefined) return { removed: [], foreign, ...stopped }
  for (const file of files) await rm(file)
  const forgotten = await runSteps(manager.forget, run)
  return { removed: files, foreign, ...forgotten, ran: [...stopped.ran, ...forgotten.ran] }
}
