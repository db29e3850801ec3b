import { execFileSync } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { type CliBundle, cliBundle } from '../../tools/cliBundle.ts'
import { standInService } from '../client/agent/standInService.ts'
import { temporaryFolder } from '../local/temporaryFolder.ts'
import { runFile } from '../executables/runFile.ts'
import { statedOctets } from '../executables/statedOctets.ts'
import { root } from './builtApp.ts'

/** All that a start loads of Node.js; children, streams of sockets and the like would take longer than the rest. */
const quickModules = ['crypto', 'fs', 'os', 'path', 'util', 'vm', 'zlib', 'readline/promises'].map(
  (name) => `node:${name}`,
)

describe.each([
  ['esm', 'mayfly.mjs'],
  ['cjs', 'mayfly.cjs'],
] as const)('the program as one file of format %s', (format, name) => {
  let bundle: CliBundle
  beforeAll(async () => {
    bundle = await cliBundle(root, format)
  })

  const written = async (contents: string | Uint8Array = bundle.contents) => {
    const folder = await temporaryFolder()
    const file = join(folder, name)
    await writeFile(file, contents)
    return { folder, file }
  }

  it('runs where nothing is beside it, and tells an error as the program does', async () => {
    const { file } = await written()
    const run = (...words: readonly string[]) =>
      execFileSync(process.execPath, [file, ...words], { encoding: 'utf8', stdio: 'pipe' })
    expect(run('--version')).toMatch(/^mayfly \d+\.\d+\.\d+\n$/)
    expect(run('help', 'enroll')).toContain('--token-file')
    expect(() => run('enroll', '--tenant', 'contoso')).toThrow(
      'mayfly: Cannot run the command: --out is missing.',
    )
  })

  it('holds nothing of the service, the local host, tests and tools', () => {
    const { metafile } = bundle
    const places = new Set(Object.keys(metafile.inputs).map((input) => input.split(/[/:]/)[0]))
    expect(places).toEqual(new Set(['cli', 'client', 'lib', 'node_modules', 'package.json', 'packed']))
  })

  it('loads little at each start', () => {
    const { metafile, parts } = bundle
    const { bytes, imports, inputs } = metafile.outputs[parts.first] ?? {
      bytes: NaN,
      imports: [],
      inputs: {},
    }
    expect(quickModules).toEqual(expect.arrayContaining(imports.map(({ path }) => path)))
    const packages = Object.keys(inputs).flatMap((input) => /^node_modules\/([^/]+)/.exec(input)?.[1] ?? [])
    expect(new Set(packages)).toEqual(new Set(['smol-toml']))
    expect(bytes).toBeLessThan(120_000)
  })

  it.runIf(format === 'esm')('is as large as docs/client.md says, by a tenth', async () => {
    const ratio = bundle.contents.length / (await statedOctets(name))
    expect(Math.abs(ratio - 1)).toBeLessThan(0.1)
  })

  it('ensures what needs nothing without opening the rest of it', async () => {
    const { folder, file } = await written()
    const service = await standInService(() => new Date())
    await writeFile(join(folder, 'token'), 'a.b.c')
    const words = ['--url', service.url, '--tenant', 'contoso', '--token-file', join(folder, 'token')]
    const ensure = ['agent', 'ensure', ...words, '--out', join(folder, 'ada')]
    expect(await runFile([process.execPath, file, ...ensure])).toMatchObject({ code: 0 })
    const whole = await readFile(file, 'utf8')
    const { file: broken } = await written(whole.replace(/\/\*[\w+/=]{1000,}\*\//, '/*AAAA*/'))
    const quick = await runFile([process.execPath, broken, ...ensure])
    expect(quick).toMatchObject({ code: 0, err: '' })
    expect(quick.out).toContain('valid until')
    expect(await runFile([process.execPath, broken, ...ensure, '--min-left', '2h'])).toMatchObject({
      code: 1,
    })
    expect(service.served).toHaveLength(1)
  })
})
