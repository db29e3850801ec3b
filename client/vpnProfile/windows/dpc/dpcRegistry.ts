import type { RegistryKey, RegistryValue } from './parseRegistryExport.ts'

/** Where DPC looks for a setting: what Group Policy writes first, then what administrators write by hand. */
const roots = ['software\\policies\\dpc\\dpcclient', 'software\\dpc\\dpcclient'].map(
  (path) => `hkey_local_machine\\${path}`,
)

/** The settings of DPC at a place below its root; names are told apart without case, as the registry does. */
export interface DpcRegistry {
  /** Names of the values and keys that are there, as they are written. */
  readonly names: (place: string) => readonly string[]
  readonly text: (place: string, name: string) => string | undefined
  readonly number: (place: string, name: string) => number | undefined
  /** True only for 1. */
  readonly isOn: (place: string, name: string) => boolean
  /** The texts in a key by their names; what is no text DPC skips. */
  readonly texts: (place: string) => readonly (readonly [name: string, text: string])[]
  /** Names of the keys in a key. */
  readonly keys: (place: string) => readonly string[]
}

const same = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase()

/** DPC takes numbers in texts as well; a number of 32 bits has a sign. */
const numberOf = (value: RegistryValue | undefined): number | undefined => {
  if (value?.kind === 'number') return value.number > 0x7f_ff_ff_ff ? value.number - 2 ** 32 : value.number
  return value?.kind === 'text' && /^-?\d{1,10}$/.test(value.text) ? Number(value.text) : undefined
}

const pathOf = (root: string, place: string): string => (place === '' ? root : `${root}\\${place}`)

/** Finds the settings of DPC in an export of the registry. */
export const dpcRegistry = (exported: readonly RegistryKey[]): DpcRegistry => {
  const found = (place: string): readonly RegistryKey[] =>
    roots.flatMap((root) => exported.filter(({ path }) => same(path, pathOf(root, place))).slice(0, 1))
  const keysIn = (place: string): readonly string[] =>
    roots
      .map((root) => `${pathOf(root, place)}\\`.toLowerCase())
      .map((start) =>
        exported
          .filter(({ path }) => path.toLowerCase().startsWith(start))
          .map(({ path }) => path.slice(start.length).split('\\')[0] ?? ''),
      )
      .map((names) => [...new Map(names.map((name) => [name.toLowerCase(), name])).values()])
      .find((names) => names.length > 0) ?? []
  const value = (place: string, name: string): RegistryValue | undefined => {
    const values = found(place).flatMap((key) => [...key.values])
    return values.find(([one]) => same(one, name))?.[1]
  }
  const number = (place: string, name: string) => numberOf(value(place, name))
  return {
    names: (place) => [...found(place).flatMap(({ values }) => [...values.keys()]), ...keysIn(place)],
    text(place, name) {
      const at = value(place, name)
      return at?.kind === 'text' ? at.text.trim() || undefined : undefined
    },
    number,
    isOn: (place, name) => number(place, name) === 1,
    texts: (place) =>
      [...(found(place)[0]?.values ?? [])].flatMap(([name, one]) =>
        one.kind === 'text' ? [[name, one.text] as const] : [],
      ),
    keys: keysIn,
  }
}
