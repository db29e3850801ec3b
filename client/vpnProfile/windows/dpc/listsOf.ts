import type { DpcRegistry } from './dpcRegistry.ts'

/** Splits a list that stands in one text. */
export const parts = (commas: string | undefined): readonly string[] =>
  (commas ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')

const order = (name: string): number => (/^\d+$/.test(name) ? Number(name) : 0)

/** Reads the lists of a tunnel. */
export const listsOf = (registry: DpcRegistry, key: string) => {
  const at = (list: string) => registry.texts(`${key}\\${list}`)
  return {
    /** Lists of pairs: the names. */
    names: (list: string): readonly string[] => at(list).map(([name]) => name.trim()),
    /** Lists that are numbered: the texts, in the order of the numbers. */
    numbered: (list: string): readonly string[] =>
      at(list)
        .toSorted(([one], [other]) => order(one) - order(other))
        .map(([, text]) => text.trim())
        .filter((text) => text !== ''),
    pairs: at,
  }
}
