/** One setting of a configuration that is installed. */
export interface Directive {
  /** The headers of the sections that it is in, outermost first: `connections`, `vpn`, `remote`; empty for formats without. */
  readonly section: readonly string[]
  /** Which of the sections of that name each of them is, counted through the text; undefined for formats without. */
  readonly blocks?: readonly number[]
  readonly name: string
  /** What follows, without quotes where it is one quoted text; empty for nothing. */
  readonly value: string
}

/** Finds the values of a name, in their order. @param section a form that the headers, joined by `/`, have; any when left out */
export const valuesOf = (
  directives: readonly Directive[],
  name: string | RegExp,
  section?: RegExp,
): readonly string[] =>
  directives
    .filter((one) => (typeof name === 'string' ? one.name === name : name.test(one.name)))
    .filter((one) => section === undefined || section.test(one.section.join('/')))
    .map(({ value }) => value)

/** Finds the value that counts where the last one does; undefined when there is none. */
export const valueOf = (...args: Parameters<typeof valuesOf>): string | undefined => valuesOf(...args).at(-1)

/**
 * Groups settings by the sections of a form that they are in, at any depth. Sections of one name are one: what is written later
 * adds to it.
 */
export const sectionsOf = (
  directives: readonly Directive[],
  section: RegExp,
): readonly (readonly Directive[])[] => {
  const prefixes = (one: Directive) =>
    one.section.map((_, index) => one.section.slice(0, index + 1).join('/'))
  const paths = [...new Set(directives.flatMap(prefixes))].filter((path) => section.test(path))
  return paths.map((path) => directives.filter((one) => prefixes(one).includes(path)))
}

/** Reads a number of seconds, as strongSwan writes times; undefined for what is none. */
export const secondsIn = (text: string | undefined): number | undefined => {
  const [, count, unit = 's'] = /^(\d{1,9})\s*([smhd]?)$/.exec(text ?? '') ?? []
  const units: Readonly<Record<string, number>> = { s: 1, '': 1, m: 60, h: 3_600, d: 86_400 }
  return count === undefined ? undefined : Number(count) * (units[unit] ?? 1)
}

/** Takes the quotes from a value that is one quoted text. */
export const unquoted = (text: string): string => {
  const [, quote, inner] = /^(["'])((?:(?!\1)[^\\]|\\.)*)\1$/s.exec(text) ?? []
  if (inner === undefined) return text
  return quote === '"' ? inner.replace(/\\(.)/gs, '$1') : inner
}
