import { execFileSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { cliBundle } from '../../tools/cliBundle.ts'
import { temporaryFolder } from '../local/temporaryFolder.ts'
import { root } from './builtApp.ts'

describe.each([
  ['esm', 'mayfly.mjs'],
  ['cjs', 'mayfly.cjs'],
] as const)('the program as one file of format %s', (format, name) => {
  it('runs where nothing is beside it, and tells an error as the program does', async () => {
    const { contents } = await cliBundle(root, format)
    const file = join(await temporaryFolder(), name)
    await writeFile(file, contents)
    const run = (...words: readonly string[]) =>
      execFileSync(process.execPath, [file, ...words], { encoding: 'utf8', stdio: 'pipe' })
    expect(run('--version')).toMatch(/^mayfly \d+\.\d+\.\d+\n$/)
    expect(run('help', 'enroll')).toContain('--token-file')
    expect(() => run('enroll', '--tenant', 'contoso')).toThrow(
      'mayfly: Cannot run the command: --out is missing.',
    )
  })

  it('holds nothing of the service, the local host, tests and tools', async () => {
    const { metafile } = await cliBundle(root, format)
    const places = new Set(Object.keys(metafile.inputs).map((input) => input.split(/[/:]/)[0]))
    expect(places).toEqual(new Set(['cli', 'client', 'lib', 'node_modules', 'package.json', 'packed']))
  })
})
