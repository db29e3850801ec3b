import type { Platform, Signal } from '../policy/signals/signal.ts'

/** Lists, in lower case, what Entra and Intune call the systems of devices. */
const platforms: ReadonlyMap<string, Platform> = new Map([
  ['windows', 'windows'],
  ['windowsphone', 'windowsPhone'],
  ['macos', 'macOS'],
  ['macmdm', 'macOS'],
  ['mac os x', 'macOS'],
  ['ios', 'iOS'],
  ['ipados', 'iOS'],
  ['iphone', 'iOS'],
  ['ipad', 'iOS'],
  ['android', 'android'],
  ['androidforwork', 'android'],
  ['androidenterprise', 'android'],
  ['linux', 'linux'],
])

/** A version, and after it the build as macOS prints it: `14.5 (23F79)`. */
const versionForm = /^(\d{1,9}(?:\.\d{1,9}){0,5})(?: \(([0-9A-Za-z]{1,16})\))?$/

/** The system of a device, as facts have it. */
export interface OperatingSystem {
  readonly platform: Platform | undefined
  readonly osVersion: string | undefined
  readonly osBuild: string | undefined
}

/** Reads what a record says of the system of a device; what is not understood is unknown. */
export const operatingSystemOf = (name: Signal<string>, version: Signal<string>): OperatingSystem => {
  const [, osVersion, osBuild] = versionForm.exec(version ?? '') ?? []
  return { platform: platforms.get(name?.toLowerCase() ?? ''), osVersion, osBuild }
}
