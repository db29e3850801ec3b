import type { ViciMessage, ViciSection } from '../../../guard/viciMessage.ts'
import type { Directive } from '../../../serverConfig/check/directive.ts'

/** Settings that charon takes as lists, which swanctl makes of texts with commas. */
const lists: ReadonlySet<string> = new Set([
  'remote_addrs',
  'local_addrs',
  'proposals',
  'esp_proposals',
  'local_ts',
  'remote_ts',
  'vips',
])

/** Those that have charon act as soon as it is told of a connection. */
const actions: ReadonlySet<string> = new Set(['start_action', 'close_action', 'dpd_action'])

interface Section {
  [name: string]: string | readonly string[] | Section
}

const sectionAt = (from: Section, path: readonly string[]): Section =>
  path.reduce((section, name) => {
    const found = section[name]
    const next: Section = typeof found === 'object' && !Array.isArray(found) ? (found as Section) : {}
    section[name] = next
    return next
  }, from)

export const commaList = (value: string): readonly string[] => value.split(/\s*,\s*/).filter(Boolean)

/**
 * Says a connection of swanctl.conf as VICI takes it, without what would have charon begin.
 * @param authorities PEM, which swanctl reads from files.
 */
export const viciConnection = (
  directives: readonly Directive[],
  authorities: readonly string[],
): ViciMessage => {
  const whole: Section = {}
  for (const { section, name, value } of directives) {
    const [top, , ...path] = section
    if (top !== 'connections' || name === '' || actions.has(name)) continue
    sectionAt(whole, path)[name] =
      name === 'cacerts' ? authorities : lists.has(name) ? commaList(value) : value
  }
  return whole
}

/** A section of what charon tells; empty where there is none. */
export const sectionIn = (section: ViciSection, name: string): ViciSection => {
  const found = Object.hasOwn(section, name) ? section[name] : undefined
  return found === undefined || Array.isArray(found) || Buffer.isBuffer(found) ? {} : (found as ViciSection)
}

/** A list of texts of what charon tells; empty where there is none. */
export const textsIn = (section: ViciSection, name: string): readonly string[] => {
  const found = Object.hasOwn(section, name) ? section[name] : undefined
  return Array.isArray(found) ? (found as readonly Buffer[]).map((one) => one.toString('utf8')) : []
}
