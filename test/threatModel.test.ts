import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

const text = readFileSync(new URL('../docs/threat-model.md', import.meta.url), 'utf8')

/** The rows of the table of attacks: attack, what stands against it, and the tests that show it. */
const attacks = text
  .slice(text.indexOf('<!-- attacks -->'))
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| attack |'))
  .map((line) => line.split(' | '))

/** Each test that a text names, as `file: title` or as a file. */
const testsOf = (cell: string) =>
  [...cell.matchAll(/`(test\/[^:`]+)(?:: ([^`]+))?`/g)].map(([, file = '', title = '']) => ({ file, title }))

/** Why a test that is named is not there. */
const missing = ({ file, title }: { readonly file: string; readonly title: string }): string | undefined => {
  const path = new URL(`../${file}`, import.meta.url)
  if (!existsSync(path)) return `${file} does not exist`
  return readFileSync(path, 'utf8').includes(title) ? undefined : `${file} has no test "${title}"`
}

describe('the threat model', () => {
  it('has a test, or the words "not covered", for every attack', () => {
    expect(attacks.length).toBeGreaterThan(35)
    for (const [attack = '', , shown = ''] of attacks)
      expect(testsOf(shown).length > 0 || shown.includes('**not covered**'), attack).toBe(true)
  })

  it('names tests that exist', () => {
    const named = attacks.flatMap(([, , shown = '']) => testsOf(shown))
    expect(named.length).toBeGreaterThan(35)
    expect(named.map(missing).filter((why) => why !== undefined)).toEqual([])
  })

  it('would tell of a test that does not', () => {
    const file = 'test/threatModel.test.ts'
    expect(missing({ file: 'test/nothing.test.ts', title: '' })).toMatch(/does not exist/)
    expect(missing({ file, title: ['no', 'such', 'title'].join('-') })).toMatch(/has no test/)
  })
})
