import { readFile } from 'node:fs/promises'
import { Refusal } from '../../lib/errors/refusal.ts'
import type { AgentService } from '../service/agentService.ts'
import { plannedFiles } from '../service/installService.ts'
import { installedService } from '../service/installedService.ts'
import { type RunStep, runSteps, shownStep } from '../service/runSteps.ts'
import { decodeServiceFile } from '../service/serviceFile.ts'
import type { ServiceManager } from '../service/serviceManager.ts'
import { type Found, ok, problem, warning } from './finding.ts'

/** The service that starts an agent, as it is looked for. */
export interface CheckedService {
  readonly manager: ServiceManager
  readonly run: RunStep
  readonly configurationFile: string
  /** Describes what an installation would start now, so often. @throws {Refusal} `install-refused`, `path-shared` */
  readonly describe: (everySeconds: number | undefined) => Promise<AgentService>
}

const again = (file: string): string => `mayfly agent install --config "${file}"`

/** How often a definition has the agent look; undefined where it stays. */
const everySecondsIn = (texts: readonly string[]): number | undefined => {
  const interval = /(?:OnUnitInactiveSec=|<key>StartInterval<\/key>\s*<integer>|<Interval>PT)(\d+)/
  const [, seconds] = interval.exec(texts.join('\n')) ?? []
  return seconds === undefined ? undefined : Number(seconds)
}

/** Why a definition is not what an installation would write by now; undefined for one that is, or that none would write. */
const outdatedBy = async (
  { manager, describe, configurationFile }: CheckedService,
  files: readonly string[],
): Promise<Found | undefined> => {
  const texts = await Promise.all(files.map(async (file) => decodeServiceFile(await readFile(file))))
  const planned = await describe(everySecondsIn(texts)).then(
    (service) => plannedFiles(manager, service),
    (error: unknown) => {
      if (error instanceof Refusal) return undefined
      throw error
    },
  )
  if (!planned) return undefined
  const wanted = new Map(planned.map(({ path, contents }) => [path, decodeServiceFile(contents)]))
  const isSame =
    wanted.size === files.length && files.every((file, index) => wanted.get(file) === texts[index])
  if (isSame) return undefined
  return warning(
    `${files.join(', ')} is not what this program would write for this configuration`,
    `It was written for another configuration or for other folders, or by another version or copy of the program: ${again(configurationFile)} writes it anew, with the --every that you want.`,
  )
}

const foreignFound = (foreign: readonly string[], file: string): Found =>
  warning(
    `${foreign.join(', ')}: mayfly agent install did not write it, or somebody changed it`,
    `Where that is meant, keep it so: no installation replaces it. Else move it away, and run ${again(file)}; changes belong into a drop-in (systemctl edit mayfly-agent).`,
  )

/** Tells whether the service that an installation writes is there, is what it would be now, and is on. */
export const serviceFound = async (checked: CheckedService): Promise<readonly Found[]> => {
  const { manager, run, configurationFile: file } = checked
  const { files, foreign } = await installedService(manager)
  const all = [...files, ...foreign]
  if (all.length === 0)
    return [
      warning(
        `no service starts the agent: there is no ${manager.places.join(' or ')}`,
        `${again(file)} has ${manager.name} start it. Where something else does, nothing is to be done.`,
      ),
    ]
  const outdated = foreign.length > 0 ? foreignFound(foreign, file) : await outdatedBy(checked, files)
  const told = outdated === undefined ? [] : [outdated]
  const { failed } = await runSteps(manager.isOn(all), run)
  if (failed !== undefined)
    return [
      problem(
        `${manager.name} does not say that it is on: ${shownStep(failed.step)} ${failed.failure}`,
        `See what it says, and start it: ${again(file)} does that again. ${manager.advice}`,
      ),
      ...told,
    ]
  return told.length > 0 ? told : [ok(`${manager.name} has it, and it is on`)]
}
