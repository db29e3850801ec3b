import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { catalogue } from '../../lib/errors/catalogue.ts'
import { programRefusals } from '../../lib/errors/programRefusals.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** The sources of a folder, without their comments. */
const sourcesIn = (folder: string): readonly string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .map((file) => join(root, folder, file))
    .filter((file) => file.endsWith('.ts'))
    .filter((file) => file !== fileURLToPath(import.meta.url) && !file.includes(join('lib', 'errors')))
    .map((file) => readFileSync(file, 'utf8').replaceAll(/^\s*(\/\/|\/?\*).*$/gm, ''))

const codes = Object.keys(catalogue)

/** The codes that stand in one of these forms, which have CODE in their place, somewhere in these sources. */
const codesIn = (sources: readonly string[], form: string): ReadonlySet<string> =>
  new Set(
    codes.filter((code) => {
      const pattern = new RegExp(form.replaceAll('CODE', `'${code}'`))
      return sources.some((source) => pattern.test(source))
    }),
  )

/** Matches a code that a test expects, and not only one that it is given or names. */
const expectation = String.raw`toRefuse\(\s*CODE|\bexpect\w*\(.*CODE|\bcode: CODE`

describe('every refusal code', () => {
  const service = ['lib', 'functions'].flatMap(sourcesIn)
  const programs = ['client', 'cli'].flatMap(sourcesIn)

  it('is thrown somewhere', () => {
    expect(service.length).toBeGreaterThan(50)
    expect(programs.length).toBeGreaterThan(15)
    const thrown = codesIn([...service, ...programs], 'CODE')
    expect(codes.filter((code) => !thrown.has(code))).toEqual([])
  })

  it('is expected by a test: those of the service by tests other than those of the programs that call it', () => {
    const tests = ['test/lib', 'test/e2e', 'test/functions', 'test/vectors'].flatMap(sourcesIn)
    expect(tests.length).toBeGreaterThan(30)
    const ofPrograms = codesIn(['test/cli', 'test/client'].flatMap(sourcesIn), expectation)
    const provoked = codesIn(tests, expectation)
    const isProvoked = (code: string) =>
      provoked.has(code) || (ofPrograms.has(code) && Object.hasOwn(programRefusals, code))
    expect(codes.filter((code) => !isProvoked(code))).toEqual([])
  })
})
