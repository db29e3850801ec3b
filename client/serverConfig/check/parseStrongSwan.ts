import type { Directive } from './directive.ts'
import { parseSections, strongSwanFormat } from './parseSections.ts'

/** A header of a section that takes the settings of others: `vpn : defaults, connections.base`. */
const headerForm = /^([^\s:]+) ?: ?(.+)$/

const ownName = (header: string): string => headerForm.exec(header)?.[1] ?? header

const isWithin = (section: readonly string[], path: readonly string[]): boolean =>
  path.every((name, index) => section[index] === name)

/** What a section takes from others. */
interface Reference {
  /** The names of the section, outermost first. */
  readonly path: readonly string[]
  /** Those of the section that it takes from. */
  readonly from: readonly string[]
}

const referencesIn = (installed: readonly Directive[]): readonly Reference[] => {
  const found = installed.flatMap(({ section }) =>
    section.flatMap((header, index) => {
      const path = section.slice(0, index + 1).map(ownName)
      const told = headerForm.exec(header)?.[2]?.split(',') ?? []
      return told.map((name) => ({ path, from: name.trim().split('.') }))
    }),
  )
  return [...new Map(found.map((one) => [JSON.stringify(one), one])).values()]
}

/** The name of what stands for a reference to a section that is nowhere. */
export const unresolved = ':'

const inherited = (all: readonly Directive[], { path, from }: Reference): readonly Directive[] => {
  const source = all.filter(({ section }) => isWithin(section, from))
  if (source.length === 0) return [{ section: path, name: unresolved, value: from.join('.') }]
  const isOwn = (section: readonly string[], name: string) =>
    all.some((one) => one.name === name && one.section.join('/') === section.join('/'))
  return source
    .map((one) => ({ ...one, section: [...path, ...one.section.slice(from.length)] }))
    .filter(({ section, name }) => !isOwn(section, name))
}

/** References that lead to others are followed this far; strongSwan follows all. */
const mostSteps = 5

/**
 * Reads a swanctl.conf or strongswan.conf, where a section may take settings of others: they are listed as if they were written
 * in it, but for those that it has itself. A reference to a section that is not there is a directive named `:`. Names are in lower
 * case, for charon takes them in any.
 */
export const parseStrongSwan = (text: string): readonly Directive[] => {
  const written = parseSections(text, strongSwanFormat)
  const references = referencesIn(written)
  let all: readonly Directive[] = written.map((one) => ({
    ...one,
    name: one.name.toLowerCase(),
    section: one.section.map(ownName),
  }))
  for (let step = 0; step < mostSteps; step++) {
    const before = all
    all = references.reduce((found, reference) => [...inherited(found, reference), ...found], before)
    if (all.length === before.length) break
  }
  return all
}
