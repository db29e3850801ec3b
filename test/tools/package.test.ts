import { execFile, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Bundle, bundle, takenFromSources, writeBundle } from '../../tools/bundle.ts'
import { makeRelease, type Release } from '../../tools/release.ts'
import { startCollector } from '../lib/telemetry/collector.ts'
import { temporaryFolder } from '../local/temporaryFolder.ts'
import { type LoadedApp, loadAs } from '../../tools/loadAs.ts'
import { builtApp, root, secondProject } from './builtApp.ts'
import { readZip, type ZipEntry } from './readZip.ts'

const run = promisify(execFile)
const roles = ['enroll', 'housekeeping', 'all']

interface Bom {
  readonly components: readonly {
    readonly name: string
    readonly version: string
    readonly 'bom-ref': string
  }[]
}

let built: Bundle
let release: Release
let entries: readonly ZipEntry[]

const fileOf = (made: Release, ending: string): Buffer => {
  const [name = ''] = [...made.files.keys()].filter((one) => one.endsWith(ending))
  return Buffer.from(made.files.get(name) ?? '')
}

const read = (name: string): string => String(entries.find((entry) => entry.name === name)?.contents)

const packageFolders = (bundled: Bundle) => {
  const found = Object.keys(bundled.metafile.inputs).map(
    (input) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(input)?.[0] ?? '',
  )
  return [...new Set(found)].filter(Boolean).sort()
}

beforeAll(async () => {
  ;({ bundle: built, release } = await builtApp())
  entries = readZip(fileOf(release, '.zip'))
})

describe('the package', () => {
  it('holds what the host needs, the licences, and nothing else', () => {
    const names = entries.map(({ name }) => name)
    const chunks = names.filter((name) => /^chunks\/[\w-]+-[A-Z0-9]{8}\.mjs$/.test(name))
    const rest = ['LICENSE', 'THIRD-PARTY-LICENSES.txt', 'functions.mjs', 'host.json', 'package.json']
    expect(names).toEqual([...chunks, ...rest].sort())
    const shipped = Object.entries(built.metafile.outputs).filter(
      ([path, { entryPoint }]) => path.endsWith('.mjs') && entryPoint !== 'lib/keys/localKeys.ts',
    )
    expect(['functions.mjs', ...chunks].sort()).toEqual(
      shipped.map(([path]) => path.slice('dist/'.length)).sort(),
    )
  })

  it('has the entry and the settings of the host at its root', async () => {
    expect(read('host.json')).toBe(await readFile(join(root, 'host.json'), 'utf8'))
    const { version, engines } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
      version: string
      engines: object
    }
    const expected = {
      name: 'mayfly',
      version,
      private: true,
      type: 'module',
      main: 'functions.mjs',
      engines,
    }
    expect(JSON.parse(read('package.json'))).toEqual(expected)
  })

  it('holds no module of this machine, no place on it, and no key', () => {
    const text = entries.map(({ contents }) => contents.toString('latin1')).join('\n')
    const foreign = /\n\/\/ (local|cli|client|test|tools|bench)\/|\n\/\/ lib\/keys\/localKeys\.ts/.exec(
      text,
    )?.[0]
    expect(foreign).toBeUndefined()
    // What tells that the pattern would find one: the sources that belong there.
    expect(text).toMatch(/\n\/\/ functions\/main\.ts\n/)
    for (const place of ['functions', 'node_modules']) expect(text.includes(join(root, place))).toBe(false)
    expect(/-----BEGIN [A-Z ]*PRIVATE KEY-----\s+[A-Za-z0-9+/]{32}/.exec(text)?.[0]).toBeUndefined()
  })

  it('does not package a bundle that holds a module of this machine', async () => {
    const entry = built.metafile.outputs['dist/functions.mjs']
    if (!entry) throw new Error('There is no entry.')
    for (const input of [
      'local/tokenIssuer.ts',
      'cli/mayfly.ts',
      'test/tokens.ts',
      'lib/keys/localKeys.ts',
    ]) {
      const inputs = { ...entry.inputs, [input]: { bytesInOutput: 1 } }
      const outputs = { ...built.metafile.outputs, 'dist/functions.mjs': { ...entry, inputs } }
      const planted = { files: built.files, metafile: { ...built.metafile, outputs } }
      await expect(makeRelease(root, planted)).rejects.toThrow(
        `Cannot package what does not belong into Azure: ${input}.`,
      )
    }
  })

  it('names the licence of every package that is in it', async () => {
    const { components } = JSON.parse(fileOf(release, '.cdx.json').toString()) as Bom
    const text = read('THIRD-PARTY-LICENSES.txt')
    for (const { name, version } of components) expect(text).toContain(`${name} ${version} (`)
    expect(text.match(/Permission is hereby granted/g)?.length).toBeGreaterThan(5)
  })
})

describe('a package that is taken from its sources', () => {
  interface SourceMap {
    readonly sources: readonly string[]
    readonly sourcesContent: readonly string[]
  }

  it.each(takenFromSources)('has in %s those that its compiled file is made of', async (name) => {
    const folder = `node_modules/${name}`
    const bundled = Object.keys(built.metafile.inputs).filter((path) => path.startsWith(`${folder}/`))
    expect(bundled).toContain(`${folder}/src/index.ts`)
    const map = join(root, folder, 'dist', `${name.replace('@azure/', 'azure-')}.js.map`)
    const { sources, sourcesContent } = JSON.parse(await readFile(map, 'utf8')) as SourceMap
    const compiled = new Map(
      sources.map((path, index) => [path.replace(/^.*?\/src\//, `${folder}/src/`), sourcesContent[index]]),
    )
    for (const path of bundled) {
      const published = await readFile(join(root, path), 'utf8')
      expect({ path, same: compiled.get(path) === published }).toEqual({ path, same: true })
    }
  })
})

describe('the zip', () => {
  const goes = (program: string, ...args: readonly string[]) =>
    spawnSync(program, args, { stdio: 'ignore' }).status === 0
  const written = async () => {
    const path = join(await temporaryFolder(), 'a.zip')
    await writeFile(path, fileOf(release, '.zip'))
    return path
  }

  it('tells of no time, no owner and no place: sorted, each file -rw-r--r-- and of 1980-01-01', () => {
    expect(entries.map(({ name }) => name)).toEqual([...release.contents.keys()].sort())
    for (const { name, contents, mode, time } of entries) {
      expect({ name, mode, time }).toEqual({ name, mode: 0o100644, time: 0x0021_0000 })
      expect(contents.equals(release.contents.get(name) ?? Buffer.of())).toBe(true)
    }
  })

  it.skipIf(!goes('unzip', '-v'))('has nothing wrong for unzip', async () => {
    const { stdout } = await run('unzip', ['-t', await written()])
    expect(stdout).toContain('No errors detected')
  })

  it.skipIf(!goes('python3', '--version'))("has nothing wrong for Python's zipfile", async () => {
    const script =
      'import sys, zipfile; z = zipfile.ZipFile(sys.argv[1]); print(z.testzip(), len(z.namelist()))'
    const { stdout } = await run('python3', ['-c', script, await written()])
    expect(stdout.trim()).toBe(`None ${entries.length}`)
  })
})

describe('a package of the same sources', () => {
  it('is the same to the byte, made in another folder and time zone, written by npm run package', async () => {
    const folder = await secondProject(packageFolders(built))
    await writeBundle(folder, await bundle(folder))
    const env = { ...process.env, TZ: 'Pacific/Kiritimati' }
    await run(process.execPath, [join(root, 'tools/package.ts')], { cwd: folder, env })
    const written = (await readdir(join(folder, 'dist'))).filter((name) => name.startsWith('mayfly-'))
    expect(written.sort()).toEqual([...release.files.keys()].sort())
    for (const [name, octets] of release.files) {
      const same = (await readFile(join(folder, 'dist', name))).equals(octets)
      expect({ name, same }).toEqual({ name, same: true })
    }
    const unpacked = await readdir(join(folder, 'dist/package'), { recursive: true })
    const names = entries.map(({ name }) => name)
    expect(unpacked.map((name) => name.replaceAll('\\', '/')).sort()).toEqual([...names, 'chunks'].sort())
    for (const { name, contents } of entries)
      expect(contents.equals(await readFile(join(folder, 'dist/package', name)))).toBe(true)
  })

  it('has checksums that sha256sum -c reads', async () => {
    const sums = fileOf(release, '.sha256').toString()
    const expected = [...release.files]
      .filter(([name]) => !name.endsWith('.sha256'))
      .map(([name, octets]) => `${createHash('sha256').update(octets).digest('hex')}  ${name}\n`)
    expect(sums).toBe(expected.join(''))
    expect(expected).toHaveLength(2)
  })

  it('is not made of files that the build has not made', async () => {
    const folder = await temporaryFolder()
    const packaging = run(process.execPath, [join(root, 'tools/package.ts')], { cwd: folder })
    await expect(packaging).rejects.toThrow(/Cannot read dist\/meta\.json: run "npm run build" first\./)
    await writeBundle(folder, built)
    await writeFile(join(folder, 'dist/functions.mjs'), 'changed since')
    const again = run(process.execPath, [join(root, 'tools/package.ts')], { cwd: folder })
    await expect(again).rejects.toThrow(
      /Cannot take dist\/functions\.mjs: the build made \d+ octets, it has 13\./,
    )
  })
})

describe('the package, where nothing else is', () => {
  let folder: string
  let loaded: readonly (readonly [packaged: LoadedApp, sources: LoadedApp])[]

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mayfly-package-'))
    for (const { name, contents } of entries) {
      await mkdir(dirname(join(folder, name)), { recursive: true })
      await writeFile(join(folder, name), contents)
    }
    const { main } = JSON.parse(read('package.json')) as { main: string }
    const both = (role: string) =>
      Promise.all([loadAs(role, join(folder, main)), loadAs(role, join(root, 'functions/main.ts'))] as const)
    loaded = await Promise.all(roles.map(both))
  })

  afterAll(() => rm(folder, { recursive: true, force: true }))

  it.each(roles)('registers in the role %s what the sources register', (role) => {
    const [packaged, sources] = loaded[roles.indexOf(role)] ?? []
    expect(packaged?.functions.length).toBeGreaterThan(0)
    expect(packaged?.functions).toEqual(sources?.functions)
  })

  it('answers, and sends what it measured to a collector', async () => {
    await using collector = await startCollector()
    const serveOnce = join(root, 'test/local/fixtures/serveOnce.ts')
    const entry = pathToFileURL(join(folder, 'functions.mjs')).href
    const settings = {
      MAYFLY_TABLES_CONNECTION_STRING: 'UseDevelopmentStorage=true',
      MAYFLY_TELEMETRY: 'otlp',
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    }
    const env = { ...process.env, ...settings }
    const { stdout } = await run(process.execPath, [serveOnce, entry, '/healthz'], { env })
    expect((JSON.parse(stdout) as { readonly body: string }).body).toBe('{"status":"ok"}')
    expect(collector.sent.map(({ path }) => path).sort()).toEqual(['/v1/metrics', '/v1/traces'])
    expect(collector.sent.map(({ body }) => body).join('\n')).toContain('mayfly.request.duration')
  })

  it('registers the timer for housekeeping alone, and everything else to enroll', () => {
    const [enroll, housekeeping, all] = loaded.map(([packaged]) => packaged.functions.map(({ name }) => name))
    expect(housekeeping).toEqual(['housekeeping'])
    expect(enroll).not.toContain('housekeeping')
    expect([...(enroll ?? []), 'housekeeping'].sort()).toEqual([...(all ?? [])].sort())
  })
})
