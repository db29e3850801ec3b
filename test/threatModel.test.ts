import { existsSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { projectFile } from './pages.ts'

const [, table = ''] = projectFile('docs/threat-model.md').split('<!-- attacks -->')

/** The rows of the table of attacks: attack, what stands against it, and the tests that show it. */
const attacks = table
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| attack |'))
  .map((line) => line.split(' | '))

interface Named {
  readonly file: string
  /** Empty where the whole file is meant. */
  readonly title: string
}

/** Reads each test that a cell names, as `file: title` or as a file. */
const testsOf = (cell: string): readonly Named[] =>
  [...cell.matchAll(/`(test\/[^:`]+)(?:: ([^`]+))?`/g)].map(([, file = '', title = '']) => ({ file, title }))

/**
 * Reads the titles in a test file: the text that a call of it(), describe() or their each() begins with, and that which a
 * row of an each() is called by: its `name`, or its first cell.
 */
const titlesIn = (source: string): readonly string[] =>
  [
    ...source.matchAll(
      /(?:^ *(?:(?:it|describe)(?:\.\w+)*|.*\))\(|(?:^ *|=> )\[|^ *name:)\s*(["'])((?:\\.|(?!\1).)*)\1/gm,
    ),
  ].map(([, , title = '']) => title.replaceAll(/\\(.)/g, '$1'))

/** Tells why a test that is named is not there. */
const missing = ({ file, title }: Named): string | undefined => {
  if (!existsSync(new URL(`../${file}`, import.meta.url))) return `${file} does not exist`
  if (title === '' || titlesIn(projectFile(file)).includes(title)) return undefined
  return `${file} has no test "${title}"`
}

describe('the threat model', () => {
  it('has a test, or the words "not covered", for every attack', () => {
    expect(attacks.length).toBeGreaterThan(35)
    for (const [attack = '', , shown = ''] of attacks)
      expect(testsOf(shown).length > 0 || shown.includes('**not covered**'), attack).toBe(true)
  })

  it('names tests that exist', () => {
    const named = attacks.flatMap(([, , shown = '']) => testsOf(shown))
    expect(named.length).toBeGreaterThan(70)
    expect(named.flatMap((test) => missing(test) ?? [])).toEqual([])
  })

  it('would tell of a test that does not, or of part of a title', () => {
    const file = 'test/threatModel.test.ts'
    expect(missing({ file: 'test/nothing.test.ts', title: '' })).toMatch(/does not exist/)
    for (const title of ['no such title', 'names tests', 'does not exist'])
      expect(missing({ file, title })).toMatch(/has no test/)
    expect(missing({ file, title: 'names tests that exist' })).toBeUndefined()
    const source =
      "it.each([\n  ['row', 1],\n])('each %i', f)\nit(\"one's\", f)\nconst a = f('no title')\nit.skipIf(x)('skipped')\n"
    expect(titlesIn(source)).toEqual(['row', 'each %i', "one's", 'skipped'])
  })
})
