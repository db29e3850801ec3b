import type { AgentService, WritableFolder } from './agentService.ts'
import type { ServiceFile } from './serviceFile.ts'

/** A program of the platform that is run, and ends. */
export interface Step {
  readonly program: string
  readonly arguments: readonly string[]
  /** It is left out where this one fails: there is nothing to do for it. */
  readonly onlyIf?: Step
}

/** What keeps services on a platform. Files are named by their paths. */
export interface ServiceManager {
  /** As a sentence has it: `systemd`. */
  readonly name: string
  /** Where the files of an installation may be, all of them. */
  readonly places: readonly string[]
  /** @throws {Refusal} `install-refused` for what the platform cannot have in such a file */
  readonly filesOf: (service: AgentService) => readonly ServiceFile[]
  /** Folders that must be there before the service starts. */
  readonly foldersOf: (service: AgentService) => readonly WritableFolder[]
  /** Begins it now, and whenever the machine or the user does. */
  readonly start: (files: readonly string[]) => readonly Step[]
  /** Succeed while it is begun. */
  readonly isOn: (files: readonly string[]) => readonly Step[]
  /** Ends it for good. */
  readonly stop: (files: readonly string[]) => readonly Step[]
  /** Tells the platform that files are gone. */
  readonly forget: readonly Step[]
  /** Prints what only somebody else's service of the same name would; left out where files tell all. */
  readonly namesake?: { readonly step: Step; readonly isForeign: (printed: Buffer) => boolean }
  /** What to know beside: how events are read. */
  readonly advice: string
}
