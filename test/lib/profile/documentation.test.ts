import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { crossRules, issuerRules, rootRules } from '../../../lib/profile/lintRoot.ts'
import { importedIssuerRules, importedRootRules } from '../../../lib/profile/lintImportedRoot.ts'
import { allLeafRules } from '../../../lib/profile/lintLeaf.ts'
import { wellFormed } from '../../../lib/profile/lint.ts'

const root = new URL('../../../', import.meta.url)
const read = (file: string) => readFileSync(new URL(file, root), 'utf8')

interface Cited {
  readonly name: string
  readonly citation: string
}

const allRules: readonly Cited[] = [
  wellFormed,
  ...allLeafRules,
  ...issuerRules,
  ...rootRules,
  ...crossRules,
  ...importedRootRules,
  ...importedIssuerRules,
]
/** One of each name: some are of several kinds of certificates. */
const rules = [...new Map(allRules.map((rule) => [rule.name, rule])).values()]

const namesIn = (text: string): readonly string[] =>
  [...text.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name)

const page = read('docs/certificate-profile.md')

/** The rules that each numbered section of the profile names, by its number: a heading with text, or a table's row. */
const sections = new Map([
  ...page.split(/^(?=##)/m).flatMap((section) => {
    const [, number] = /^### (\d+\.\d+) /.exec(section) ?? []
    const [, line = ''] = /^Lint: (.*)\.$/m.exec(section) ?? []
    return number === undefined ? [] : [[number, namesIn(line)] as const]
  }),
  ...[...page.matchAll(/^\| (\d+\.\d+) \|.*\|([^|]*)\|$/gm)].map(
    ([, number = '', lint = '']) => [number, namesIn(lint)] as const,
  ),
])

const parts = ({ citation }: Cited): readonly string[] => citation.split('; ')
const profileSections = (rule: Cited): readonly string[] =>
  parts(rule).flatMap((part) => /^profile section (\d+\.\d+)$/.exec(part)?.slice(1) ?? [])

describe('docs/certificate-profile.md', () => {
  it('has numbered sections', () => {
    expect(sections.size).toBe(51)
    expect(rules).toHaveLength(71)
  })

  it.each(rules)('names $name in the section that the rule cites, and there alone', (rule) => {
    const naming = [...sections].filter(([, names]) => names.includes(rule.name)).map(([number]) => number)
    expect(naming).toEqual(profileSections(rule))
    expect(naming).toHaveLength(1)
  })

  it('numbers its sections once each, in order', () => {
    const numbers = [...page.matchAll(/^(?:#{2,3}|\|) (\d+(?:\.\d+)?) /gm)].map(([, number = '']) => number)
    expect(new Set(numbers).size).toBe(numbers.length)
    const value = (number: string) => number.split('.').reduce((sum, part) => sum * 100 + Number(part), 0)
    const ordered = numbers.filter((number) => number.includes('.')).map(value)
    expect(ordered).toEqual(ordered.toSorted((a, b) => a - b))
  })

  it('names no rule that does not exist', () => {
    const known = new Set(rules.map(({ name }) => name))
    expect([...sections.values()].flat().filter((name) => !known.has(name))).toEqual([])
  })
})

/** Documents that a rule may cite, and the form of their sections; 9608 is about noRevAvail, 9810 about roll-over. */
const citationForm =
  /^(RFC (5280|7093|9562|9608|9810) (section \d[\d.]*\d|section \d|sections \d[\d.]*\d and \d[\d.]*\d|appendix [A-Z]\.\d)|MS-WCCE section \d[\d.]*\d|profile section \d\.\d+)$/

describe('The citation', () => {
  it.each(rules)('of $name says who imposes the rule, and where', (rule) => {
    for (const part of parts(rule)) expect(part).toMatch(citationForm)
    expect(profileSections(rule)).toHaveLength(1)
  })

  it('of a rule is the same wherever the rule is', () => {
    expect(new Set(allRules.map(({ name, citation }) => `${name} ${citation}`)).size).toBe(rules.length)
  })

  it('of what RFC 9608 imposes names it', () => {
    const citing = rules.filter(({ citation }) => citation.includes('RFC 9608')).map(({ name }) => name)
    expect(citing.sort()).toEqual([
      'authority-without-revocation',
      'critical-key-usage-alone',
      'no-rev-avail-null',
      'no-revocation-pointer',
      'not-a-ca',
    ])
  })
})

/** The names that a source imports as values, from places that write certificates. */
const valuesFrom = (text: string, place: RegExp): readonly string[] =>
  [...text.matchAll(/^import (type )?\{([^}]*)\} from '([^']+)'/gm)]
    .filter(([, type, , from = '']) => type === undefined && place.test(from))
    .flatMap(([, , names = '']) => names.split(',').map((name) => name.trim()))
    .filter((name) => name !== '' && !name.startsWith('type '))

describe('The rules', () => {
  // What writes certificates, and when they are renewed, is no rule.
  const others = /(Profile|Tbs|renewalPercent)\.ts$/
  const files = readdirSync(new URL('lib/profile/', root)).filter((file) => !others.test(file))
  const writers = /(encodeElement|Profile|Tbs|publicKey|signatureAlgorithm|derTag)\.ts$/

  it('are in these files', () => {
    expect(files).toEqual([
      'commonRules.ts',
      'leafNameRules.ts',
      'lint.ts',
      'lintImportedRoot.ts',
      'lintLeaf.ts',
      'lintRoot.ts',
      'stated.ts',
    ])
  })

  it.each(files)('in %s take nothing from what writes certificates: they could not see its slips', (file) => {
    const text = read(`lib/profile/${file}`)
    expect(valuesFrom(text, writers)).toEqual([])
    expect(
      valuesFrom(text, /./).filter((name) => !name.startsWith('decode') && /Oid$|^encode/.test(name)),
    ).toEqual([])
    expect(valuesFrom(text, /extension\.ts$/).filter((name) => !name.startsWith('decode'))).toEqual([])
  })

  it('would be seen taking something', () => {
    const text = `import { type A, encodeNull,\n  b } from '../x509/encodeElement.ts'\nimport type { C } from './x.ts'\n`
    expect(valuesFrom(text, writers)).toEqual(['encodeNull', 'b'])
  })
})
