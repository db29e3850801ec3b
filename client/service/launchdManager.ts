import { posix } from 'node:path'
import { launchdLabel, launchdPlist } from './launchdPlist.ts'
import { withMarker } from './serviceFile.ts'
import type { ServiceManager, Step } from './serviceManager.ts'

/** Where property lists of one kind are kept, and by whom. */
export interface LaunchdPlace {
  readonly folder: string
  /** `system`, or `gui/501`. */
  readonly domain: string
  readonly logFile: string
}

const launchctl = (...words: readonly string[]): Step => ({ program: 'launchctl', arguments: words })

/** The launchd of the machine, or of the user who is signed in. */
export const launchdManager = ({ folder, domain, logFile }: LaunchdPlace): ServiceManager => {
  const path = posix.join(folder, `${launchdLabel}.plist`)
  const target = `${domain}/${launchdLabel}`
  const print = launchctl('print', target)
  return {
    name: 'launchd',
    places: [path],
    filesOf: (service) => [
      { path, contents: Buffer.from(withMarker(launchdPlist(service, logFile), 'xml')) },
    ],
    foldersOf: () => [],
    // One that was disabled by hand would not be taken.
    start: () => [launchctl('enable', target), launchctl('bootstrap', domain, path)],
    isOn: () => [print],
    stop: () => [{ ...launchctl('bootout', target), onlyIf: print }],
    forget: [],
    advice: `\`launchctl print ${target}\` tells of it.`,
  }
}
