import type * as FileSystem from 'node:fs/promises'
import { cp, readdir, readFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { keepTrust } from '../../../client/agent/keepTrust.ts'
import { trustFolder } from '../../../client/trustFolder.ts'
import { temporaryFolder } from '../../local/temporaryFolder.ts'
import { type BundleWorld, createBundleWorld } from '../bundleWorld.ts'
import { bundlePlace, trustWorld } from './trustWorld.ts'

type Real = typeof FileSystem

/** One change of the file system, which can be made again in another folder. */
type Change = (real: Real, at: (path: string) => string) => Promise<unknown>

/** The changes so far where they are recorded, and how many files can still be written. */
const disk = vi.hoisted(() => ({ tape: undefined as Change[] | undefined, left: Infinity }))

vi.mock('node:fs/promises', async (importOriginal) => {
  const real = await importOriginal<Real>()
  const record = (change: Change): void => void disk.tape?.push(change)
  const wholes = new Map<string, Uint8Array>()
  /** Locks of who was killed have tests of their own, and make whoever comes after wait. */
  const isLock = (path: unknown): boolean => /[/\\](lock|turn)([/\\]|$)/.test(String(path))
  const open = async (...args: Parameters<Real['open']>) => {
    const [path, flags, mode] = args as [string, string, number]
    if (flags === 'wx' && (disk.left -= 1) < 0)
      throw Object.assign(new Error('ENOSPC: no space left on device, write'), {
        code: 'ENOSPC',
        syscall: 'write',
      })
    const handle = await real.open(...args)
    if (flags !== 'wx') return handle
    return Object.assign(handle, {
      async writeFile(content: string | Uint8Array) {
        await real.writeFile(handle, content)
        const whole = Buffer.from(content as string)
        wholes.set(path, whole)
        // What was not synced yet may be there in part: nobody may take any of it for anything.
        record((fs, at) => fs.writeFile(at(path), whole.subarray(0, whole.length / 2), { mode }))
      },
      sync: () => Promise.resolve(),
    })
  }
  const rename = async (from: string, to: string) => {
    await real.rename(from, to)
    const whole = wholes.get(from)
    record(async (fs, at) => {
      if (whole) await fs.writeFile(at(from), whole)
      await fs.rename(at(from), at(to))
    })
  }
  const rm: Real['rm'] = async (path, options) => {
    await real.rm(path, options)
    record((fs, at) => fs.rm(at(String(path)), options))
  }
  const mkdir = async (path: string, options: { recursive: true }) => {
    const made = await real.mkdir(path, options)
    if (!isLock(path)) record((fs, at) => fs.mkdir(at(path), options))
    return made
  }
  return { ...real, open, rename, rm, mkdir }
})

let bench: BundleWorld
let bundles: { readonly [Name in 'old' | 'later' | 'tainted']: string }

beforeAll(async () => {
  bench = await createBundleWorld()
  await bench.stageIssuer('root 2')
  await bench.activate('root 2')
  const old = bench.jws
  bundles = { old, later: await bench.activate('issuer 2'), tainted: await bench.taint('root 1') }
})

afterAll(() => bench[Symbol.asyncDispose]())

/** Every file of a folder but those of locks, with its octets. */
const contentsOf = async (folder: string): Promise<Readonly<Record<string, string>>> => {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  const names = paths.map((path) => relative(folder, path)).filter((name) => !/^(lock|turn)\b/.test(name))
  return Object.fromEntries(
    await Promise.all(
      names.toSorted().map(async (name) => [name, await readFile(join(folder, name), 'latin1')]),
    ),
  )
}

/** A server that loaded the old bundle, and what a look changes that finds the next. */
const scenario = async (next: 'later' | 'tainted', hookAnswers: readonly (string | undefined)[]) => {
  const place = await bundlePlace(bundles.old)
  const server = await trustWorld(bench, [place])
  await server.look()
  const base = join(await temporaryFolder(), 'base')
  await cp(server.folder, base, { recursive: true })
  place.jws = bundles[next]
  server.hook.answers = [...hookAnswers]
  const tape: Change[] = []
  disk.tape = tape
  await server.look()
  disk.tape = undefined
  const after = await contentsOf(server.folder)
  const inFolder = (folder: string) =>
    keepTrust({ ...server.spec, folder }, server.world, new AbortController().signal)
  return { server, base, after, tape, inFolder }
}

/** Checks that a folder is that of before or of after, and that a look completes it. */
const checkFolder = async (
  folder: string,
  next: 'later' | 'tainted',
  finish: () => Promise<{ readonly error: unknown }>,
) => {
  const jws = await readFile(join(folder, 'trust.jws'), 'utf8')
  expect([bundles.old, bundles[next]]).toContain(jws)
  const { installed, served } = await trustFolder(folder, bench.tenant).read()
  expect(installed?.jws).toBe(jws)
  // What is tainted never comes back once it is known to be.
  expect(next === 'tainted' ? [jws] : [bundles.old, bundles[next]]).toContain(served?.jws)
  const pem = await readFile(join(folder, 'trust.pem'), 'utf8')
  expect(pem).toContain(`Trust bundle ${served?.sequence} of`)
  const issuers = await readFile(join(folder, 'issuers.sha256'), 'utf8')
  expect(issuers).toBe(served?.issuers.map(({ sha256 }) => `${sha256}\n`).join(''))
  expect(await readdir(join(folder, 'issuers'))).toHaveLength(served?.issuers.length ?? 0)
  expect((await finish()).error).toBeUndefined()
  const after = await trustFolder(folder, bench.tenant).read()
  expect([after.installed, after.served, after.loaded].map((bundle) => bundle?.jws)).toEqual(
    Array.from({ length: 3 }, () => bundles[next]),
  )
}

const outcomes = [
  ['succeeds', 'later', [undefined]],
  ['fails, and the files are put back', 'later', ['ended with 1']],
  ['fails, and the new files stay', 'tainted', ['ended with 1']],
] as const

it.each(outcomes)(
  'every prefix of what a look changes whose hook %s is the old state or the new one',
  async (_, next, answers) => {
    const { server, base, after, tape, inFolder } = await scenario(next, answers)
    expect(tape.length).toBeGreaterThan(30)
    expect(Object.keys(after)).toEqual(
      expect.arrayContaining(['trust.jws', 'loaded.jws', 'sync.json', 'anchors']),
    )
    const real = await vi.importActual<Real>('node:fs/promises')
    const folders = await temporaryFolder()
    for (let length = 0; length <= tape.length; length++) {
      const folder = join(folders, String(length))
      await tape[length - 1]?.(real, (path) => path.replace(server.folder, base))
      await real.cp(base, folder, { recursive: true })
      // Nothing changed that was not recorded: the bundles, what follows from them, and what is remembered.
      if (length === tape.length) expect(await contentsOf(folder)).toEqual(after)
      await checkFolder(folder, next, () => inFolder(folder))
    }
  },
  300_000,
)

it.each(['later', 'tainted'] as const)(
  'a disk that is full at any file leaves the old state or the new one, and the next look goes on (%s)',
  async (next) => {
    const { base, inFolder } = await scenario(next, [undefined])
    const folders = await temporaryFolder()
    let files = 0
    for (let isThrough = false; !isThrough; files++) {
      const folder = join(folders, String(files))
      await cp(base, folder, { recursive: true })
      disk.left = files
      const { error } = await inFolder(folder).finally(() => (disk.left = Infinity))
      isThrough = error === undefined
      if (!isThrough) expect(String(error)).toMatch(/ENOSPC/)
      expect(files).toBeLessThan(60)
      await checkFolder(folder, next, () => inFolder(folder))
    }
    expect(files).toBeGreaterThan(5)
  },
  300_000,
)
