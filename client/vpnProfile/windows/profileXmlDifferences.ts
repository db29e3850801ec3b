import { Refusal } from '../../../lib/errors/refusal.ts'
import type { Difference } from '../profilePlace.ts'
import { readProfileXml } from './readProfileXml.ts'
import type { ReadSetting } from './readSetting.ts'

const bySetting = (settings: readonly ReadSetting[]): ReadonlyMap<string, readonly string[]> =>
  new Map(
    [...Map.groupBy(settings, ({ setting }) => setting)].map(([setting, all]) => [
      setting,
      [...new Set(all.map(({ value }) => value))],
    ]),
  )

/** One value for another is one difference; in a longer list each value is one that is missing, or there without being wanted. */
const between = (
  setting: string,
  wanted: readonly string[],
  installed: readonly string[],
): readonly Difference[] => {
  const [asked, found] = [new Set(wanted), new Set(installed)]
  const missing = wanted.filter((value) => !found.has(value))
  const surplus = installed.filter((value) => !asked.has(value))
  if (missing.length === 1 && surplus.length === 1)
    return [{ setting, wanted: missing[0], installed: surplus[0] }]
  return [
    ...missing.map((value) => ({ setting, wanted: value, installed: undefined })),
    ...surplus.map((value) => ({ setting, wanted: undefined, installed: value })),
  ]
}

const readInstalled = (xml: string): readonly ReadSetting[] | { readonly unreadable: string } => {
  try {
    return readProfileXml(xml)
  } catch (error) {
    if (error instanceof Refusal) return { unreadable: error.detail }
    throw error
  }
}

/**
 * Compares two ProfileXML by what they mean to Windows. The order of suffixes, servers and DNS servers counts; that of routes,
 * filters, rules and elements does not. What of the installed one cannot be read is another one.
 * @throws {Refusal} `configuration-invalid` where the wanted one cannot be read
 */
export const profileXmlDifferences = (wanted: string, installed: string): readonly Difference[] => {
  const read = readInstalled(installed)
  if ('unreadable' in read)
    return [{ setting: 'ProfileXML', wanted: 'one that can be read', installed: read.unreadable }]
  const [asked, found] = [bySetting(readProfileXml(wanted)), bySetting(read)]
  const settings = [...new Set([...asked.keys(), ...found.keys()])]
  return settings.flatMap((setting) => between(setting, asked.get(setting) ?? [], found.get(setting) ?? []))
}
