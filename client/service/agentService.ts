/** What a service runs, and what of the machine it needs. Paths are absolute. */
export interface AgentService {
  /** Whether it is the machine's; else it is the user's who installs it. */
  readonly isSystem: boolean
  /** The executable, and the script where that is Node.js. */
  readonly program: readonly [executable: string, ...script: readonly string[]]
  readonly configurationFile: string
  /** Looks that often, and ends in between; stays when left out. */
  readonly everySeconds: number | undefined
  readonly needs: ServiceNeeds
}

/** What a configuration has an agent use. */
export interface ServiceNeeds {
  /** Folders that it writes to. */
  readonly writable: readonly WritableFolder[]
  readonly usesTpm: boolean
  /** Whether it runs programs of others, which tell servers to load what is new. */
  readonly runsHooks: boolean
  /** Whether the configuration says where events go. */
  readonly hasLog: boolean
}

/** A folder that an agent writes to. */
export interface WritableFolder {
  readonly path: string
  /** Whether nobody else may read it: it has keys. */
  readonly isPrivate: boolean
}

/**
 * Tells the command line of a service.
 * @param logFile gets the events where the configuration does not say; left out where a journal keeps them.
 */
export const agentCommand = (service: AgentService, logFile?: string): readonly [string, ...string[]] => {
  const { program, configurationFile, everySeconds, needs } = service
  const [executable, ...script] = program
  return [
    executable,
    ...script,
    'agent',
    '--config',
    configurationFile,
    ...(everySeconds === undefined ? [] : ['--once']),
    ...(logFile === undefined || needs.hasLog ? [] : ['--log-file', logFile]),
  ]
}
