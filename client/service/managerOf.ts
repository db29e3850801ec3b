import { posix, win32 } from 'node:path'
import { Refusal } from '../../lib/errors/refusal.ts'
import { launchdManager } from './launchdManager.ts'
import type { ServiceManager } from './serviceManager.ts'
import { systemdManager } from './systemdManager.ts'
import { taskScheduler } from './taskScheduler.ts'

/** The machine that a service is installed on, and for whom. */
export interface Installer {
  readonly platform: NodeJS.Platform
  readonly home: string
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Whether it is for the machine; else for the user. */
  readonly isSystem: boolean
  /** The number of the user, or on Windows the SID. */
  readonly userId: string
  /** The folder of the configuration that is read where nobody says one. */
  readonly configurationFolder: string
}

const linux = ({ isSystem, home, environment }: Installer): ServiceManager => {
  const own = environment['XDG_CONFIG_HOME'] || posix.join(home, '.config')
  const folder = isSystem ? '/etc/systemd/system' : posix.join(own, 'systemd', 'user')
  return systemdManager({ folder, isSystem })
}

const macOS = ({ isSystem, home, userId, configurationFolder }: Installer): ServiceManager =>
  launchdManager({
    folder: isSystem ? '/Library/LaunchDaemons' : posix.join(home, 'Library', 'LaunchAgents'),
    domain: isSystem ? 'system' : `gui/${userId}`,
    logFile: posix.join(configurationFolder, 'agent.log'),
  })

const windows = ({ isSystem, userId, environment, configurationFolder }: Installer): ServiceManager =>
  taskScheduler({
    isSystem,
    userId,
    folder: configurationFolder,
    systemRoot: environment['SystemRoot'] ?? 'C:\\Windows',
    logFile: win32.join(configurationFolder, 'agent.log'),
  })

/** Finds what keeps services on a machine. @throws {Refusal} `install-refused` where nothing is known that does */
export const managerOf = (installer: Installer): ServiceManager => {
  const { platform } = installer
  if (platform === 'linux') return linux(installer)
  if (platform === 'darwin') return macOS(installer)
  if (platform === 'win32') return windows(installer)
  throw new Refusal(
    'install-refused',
    `Cannot install a service on ${platform}: start \`mayfly agent\` by what starts services there.`,
  )
}
