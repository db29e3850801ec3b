import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { posix, win32 } from 'node:path'

/** What decides where a configuration is when nobody says it. */
export interface Surroundings {
  readonly platform: NodeJS.Platform
  readonly home: string
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Whether it is that of the machine; else that of the user. */
  readonly isSystem: boolean
}

/** The folder of a user's own, by the variable that names it where there is one. */
const folderBy = (variable: string | undefined, otherwise: string): string =>
  variable === undefined || variable === '' ? otherwise : variable

/** The file of the user, or of the machine, where nobody else can write. */
export const configurationFileOf = ({ platform, home, environment, isSystem }: Surroundings): string => {
  if (platform === 'win32') {
    // Everybody may make folders in ProgramData.
    const system = folderBy(environment['ProgramFiles'], 'C:\\Program Files')
    const own = folderBy(environment['LOCALAPPDATA'], win32.join(home, 'AppData', 'Local'))
    return win32.join(isSystem ? system : own, 'Mayfly', 'mayfly.toml')
  }
  if (platform === 'darwin')
    return posix.join(isSystem ? '/' : home, 'Library', 'Application Support', 'Mayfly', 'mayfly.toml')
  const own = folderBy(environment['XDG_CONFIG_HOME'], posix.join(home, '.config'))
  return posix.join(isSystem ? '/etc' : own, 'mayfly', 'mayfly.toml')
}

/** The file of whoever runs this process: that of the machine for root. */
export const configurationFile = (isSystem = process.getuid?.() === 0): string =>
  configurationFileOf({ platform: process.platform, home: homedir(), environment: process.env, isSystem })

/** The file that is read where no option says one; undefined where there is none. */
export const defaultConfiguration = (file = configurationFile()): string | undefined =>
  existsSync(file) ? file : undefined
