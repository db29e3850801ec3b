import type * as FileSystem from 'node:fs/promises'
import { chmod, chown, cp, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { parsePemCertificates } from '../../lib/x509/pem.ts'
import { openTrustBundle, type TrustBundle } from '../../lib/bundle/trustBundle.ts'
import { type Trusted, trustFolder } from '../../client/trustFolder.ts'
import { temporaryFolder } from '../local/temporaryFolder.ts'
import { type BundleWorld, createBundleWorld } from './bundleWorld.ts'

/** How many changes of the file system the process lives for; after that, none happens any more. */
const life = vi.hoisted(() => ({ left: Infinity }))

vi.mock('node:fs/promises', async (importOriginal) => {
  const real = await importOriginal<typeof FileSystem>()
  const mortal =
    <Arguments extends unknown[], Result>(change: (...args: Arguments) => Promise<Result>) =>
    async (...args: Arguments): Promise<Result> => {
      if (life.left <= 0) throw new Error('CRASHED')
      life.left -= 1
      return change(...args)
    }
  // Hundreds of installations need not reach the disk: the file system is the same after a crash of the process.
  const openUnsynced = async (...args: Parameters<typeof real.open>) =>
    Object.assign(await real.open(...args), { sync: () => Promise.resolve() })
  return { ...real, open: mortal(openUnsynced), rename: mortal(real.rename), rm: mortal(real.rm) }
})

let bench: BundleWorld
/** The first bundle; and a later one that dropped the root which signed the first. */
let old: TrustBundle
let current: TrustBundle

beforeAll(async () => {
  bench = await createBundleWorld()
  const { tenant, anchors } = bench.expected
  old = await openTrustBundle(bench.jws, { tenant, anchors })
  await bench.stageIssuer('root 2')
  await bench.activate('root 2')
  await bench.activate('issuer 2')
  const jws = await bench.taint('root 1')
  current = await openTrustBundle(jws, { tenant, anchors: [bench.root(2).digest] })
})

afterAll(() => bench[Symbol.asyncDispose]())

const digests = ({ roots }: TrustBundle) => roots.map(({ sha256 }) => sha256)

/** The names and contents of a folder, without drafts. */
const snapshot = async (folder: string): Promise<ReadonlyMap<string, string>> => {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries
    .filter((entry) => entry.isFile() && !entry.name.endsWith('.tmp'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
  return new Map(
    await Promise.all(
      files.map(async (file) => [file.slice(folder.length + 1), await readFile(file, 'utf8')] as const),
    ),
  )
}

const folderOf = (path: string) => trustFolder(path, bench.tenant)

/** A folder with the first bundle. */
const installedFolder = async (): Promise<string> => {
  const path = join(await temporaryFolder(), 'trust')
  await folderOf(path).install(old, bench.expected.anchors)
  return path
}

describe('install()', () => {
  it('writes the bundle as JWS, JSON and PEM, each certificate on its own, and the anchors of the next', async () => {
    const files = await snapshot(await installedFolder())
    const names = ['cross~0002-0001', 'issuer~0001', 'root~0001', 'root~0002']
    expect([...files.keys()]).toEqual([
      'anchors',
      ...names.map((name) => `certificates/${name}.pem`),
      'trust.json',
      'trust.jws',
      'trust.pem',
    ])
    expect(files.get('trust.jws')).toBe(old.jws)
    expect(files.get('trust.json')).toBe(old.json)
    expect(files.get('anchors')).toBe(
      digests(old)
        .map((digest) => `${digest}\n`)
        .join(''),
    )
    const ders = [...old.roots, ...old.issuers, ...old.crossCertificates].map(({ der }) => Buffer.from(der))
    const pem = files.get('trust.pem') ?? ''
    expect(parsePemCertificates(pem).map((der) => Buffer.from(der))).toEqual(ders)
    expect(pem).toMatch(
      /^# Trust bundle 1 of t[\da-f-]+, issued 2026-03-02T10:00:00Z\n\n# root~0001, active, until \S+Z\n# SHA-256 [\da-f]{64}\n-----BEGIN/,
    )
    expect(pem).toContain('# cross~0002-0001, the key of root~0002 signed by root~0001, until ')
    const issuer = parsePemCertificates(files.get('certificates/issuer~0001.pem') ?? '')
    expect(issuer.map((der) => Buffer.from(der))).toEqual([Buffer.from(old.issuers[0]?.der ?? [])])
  })

  it('removes the certificates that the next bundle lacks', async () => {
    const path = await installedFolder()
    await folderOf(path).install(current, digests(old))
    expect(await readdir(join(path, 'certificates'))).toEqual(['issuer~0002.pem', 'root~0002.pem'])
    expect(await readFile(join(path, 'anchors'), 'utf8')).toBe(`${bench.root(2).digest}\n`)
    expect(await folderOf(path).read()).toEqual({ installed: current, anchors: digests(current) })
  })

  it.skipIf(process.platform === 'win32')('lets everybody read, whom VPN servers run as', async () => {
    const path = await installedFolder()
    const mask = ~process.umask()
    expect((await stat(join(path, 'trust.pem'))).mode & 0o777).toBe(0o644 & mask)
    expect((await stat(join(path, 'certificates'))).mode & 0o777).toBe(0o755 & mask)
  })

  it.skipIf(process.platform === 'win32')('does not use a folder that others can write to', async () => {
    for (const name of ['.', 'certificates']) {
      const path = await installedFolder()
      await chmod(join(path, name), 0o777)
      await expect(folderOf(path).read()).toRefuse('trust-bundle-refused', /others can write to/)
      await expect(folderOf(path).install(current, digests(old))).toRefuse('trust-bundle-refused')
    }
  })

  it.skipIf(process.getuid?.() !== 0)('does not use a folder that belongs to somebody else', async () => {
    const path = await installedFolder()
    await chown(path, 65_534, 65_534)
    await expect(folderOf(path).read()).toRefuse('trust-bundle-refused', /others can write to/)
  })
})

describe('read()', () => {
  it('finds nothing in a folder that is missing or empty, and makes none', async () => {
    const path = await temporaryFolder()
    expect(await folderOf(join(path, 'trust')).read()).toEqual({ installed: undefined, anchors: [] })
    expect(await folderOf(path).read()).toEqual({ installed: undefined, anchors: [] })
    expect(await readdir(path)).toEqual([])
  })

  it('finds the anchors that somebody put there for the first bundle', async () => {
    const path = await temporaryFolder()
    await writeFile(join(path, 'anchors'), `${'ab'.repeat(32)}\n${'cd'.repeat(32)}\n`)
    expect((await folderOf(path).read()).anchors).toEqual(['ab'.repeat(32), 'cd'.repeat(32)])
  })

  it('verifies what is installed, whose roots are the anchors of the next', async () => {
    const { installed, anchors } = await folderOf(await installedFolder()).read()
    expect(installed).toEqual(old)
    expect(anchors).toEqual([bench.root(1).digest, bench.root(2).digest])
  })

  it('refuses the bundle of another tenant', async () => {
    const folder = trustFolder(await installedFolder(), 'fabrikam')
    await expect(folder.read()).toRefuse('trust-bundle-refused', /trust\.jws: .*another tenant than fabrikam/)
  })

  it('does not mind other comments, and other files beside its own', async () => {
    const path = await installedFolder()
    const pem = (await readFile(join(path, 'trust.pem'), 'utf8')).replaceAll(/^#.*$/gm, '# other words')
    await writeFile(join(path, 'trust.pem'), pem)
    await writeFile(join(path, 'README'), 'Ask Ada.')
    expect((await folderOf(path).read()).installed).toEqual(old)
  })

  const append = (text: string) => (content: string) => content + text

  it.each([
    ['trust.jws', append('A'), /trust\.jws: Cannot trust the bundle/],
    ['trust.jws', () => '', /trust\.jws: Cannot trust the bundle/],
    ['trust.jws', () => undefined, /but not the trust\.jws that vouches for them/],
    ['trust.json', append(' '), /trust\.json is not what trust\.jws says: somebody changed it/],
    ['trust.json', () => undefined, /trust\.json is not what trust\.jws says/],
    ['trust.pem', append(`-----BEGIN TRUSTED CERTIFICATE-----\n`), /trust\.pem is not what trust\.jws says/],
    ['trust.pem', (pem) => pem.replace(/# root~0002[^]*?# issuer/, '# issuer'), /trust\.pem is not what/],
    ['trust.pem', () => undefined, /trust\.pem is not what trust\.jws says/],
    ['anchors', append(`${'ab'.repeat(32)}\n`), /anchors is not what trust\.jws says/],
    ['anchors', (text) => text.slice(65), /trust\.jws: .*not among those trusted here/],
    ['anchors', (text) => text.toUpperCase(), /anchors is not a list of SHA-256 digests/],
    ['anchors', () => '', /anchors is not a list of SHA-256 digests/],
    ['anchors', () => undefined, /trust\.jws: .*not among those trusted here/],
    ['certificates/root~0001.pem', append('x'), /root~0001\.pem is not what trust\.jws says/],
    ['certificates/issuer~0001.pem', () => undefined, /issuer~0001\.pem is not what trust\.jws says/],
    ['certificates/root~0003.pem', () => 'planted', /root~0003\.pem is not part of trust\.jws/],
    ['certificates/rogue.crt', () => 'planted', /rogue\.crt is not part of trust\.jws/],
    ['incoming.jws', () => 'planted', /incoming\.jws: Cannot trust the bundle/],
  ] as readonly (readonly [string, (content: string) => string | undefined, RegExp])[])(
    'refuses a folder whose %s was changed, and leaves it as it is',
    async (name, change, detail) => {
      const path = await installedFolder()
      const file = join(path, name)
      const changed = change(await readFile(file, 'utf8').catch(() => ''))
      await (changed === undefined ? rm(file) : writeFile(file, changed))
      const before = await snapshot(path)
      await expect(folderOf(path).read()).toRefuse('trust-bundle-refused', detail)
      expect(await snapshot(path)).toEqual(before)
    },
  )

  it('refuses an old bundle that was put in place as if its installation had been interrupted', async () => {
    const path = await installedFolder()
    const jws = await bench.sign(JSON.stringify({ ...(JSON.parse(current.json) as object), sequence: 2 }), {
      root: 2,
    })
    const tenant = bench.tenant
    await folderOf(path).install(current, digests(old))
    await writeFile(join(path, 'incoming.jws'), jws)
    expect((await openTrustBundle(jws, { tenant, anchors: digests(current) })).sequence).toBe(2)
    await expect(folderOf(path).read()).toRefuse('trust-bundle-refused', /an old one/)
  })

  it('refuses certificates that it does not know the origin of, and removes none of them', async () => {
    const path = await temporaryFolder()
    await mkdir(join(path, 'certificates'))
    await writeFile(join(path, 'certificates', 'root~0001.pem'), 'of somebody')
    await expect(folderOf(path).read()).toRefuse('trust-bundle-refused', /not the trust\.jws that vouches/)
    expect(await readdir(join(path, 'certificates'))).toEqual(['root~0001.pem'])
  })
})

/** Lets the process crash at this change of the file system. @returns whether it lived. */
const crashAt = async (change: number, act: () => Promise<unknown>): Promise<boolean> => {
  life.left = change
  try {
    await act()
    return true
  } catch (error) {
    if ((error as Error).message !== 'CRASHED') throw error
    return false
  } finally {
    life.left = Infinity
  }
}

/** Crashes at each change of the file system that `act` makes, in a copy of the folder each. */
const crashEverywhere = async (
  start: string,
  act: (path: string) => Promise<unknown>,
  look: (path: string) => Promise<unknown>,
): Promise<number> => {
  const parent = await temporaryFolder()
  for (let change = 0; ; change++) {
    const path = join(parent, String(change))
    await cp(start, path, { recursive: true })
    const lived = await crashAt(change, () => act(path))
    await look(path)
    if (lived) return change
  }
}

const readAnew = (path: string): Promise<Trusted> => folderOf(path).read()

/** Each file is whole and of one of the bundles; the JWS and the anchors that lie there belong together. */
const checkFilesOf = async (path: string, folders: readonly ReadonlyMap<string, string>[]) => {
  const files = await snapshot(path)
  for (const [name, content] of files) {
    if (name === 'incoming.jws') expect(content).toBe(current.jws)
    else expect(folders.map((folder) => folder.get(name))).toContain(content)
  }
  const [jws, anchors] = [files.get('trust.jws'), files.get('anchors') ?? '']
  if (jws !== undefined)
    await openTrustBundle(jws, { tenant: bench.tenant, anchors: anchors.trim().split('\n') })
}

describe('a crash', () => {
  const wholeOf = async (bundle: TrustBundle) => {
    const path = await installedFolder()
    if (bundle !== old) await folderOf(path).install(bundle, digests(old))
    return snapshot(path)
  }

  it('in the middle of an installation leaves the old bundle, or the new one once it is read again', async () => {
    const [before, after] = [await wholeOf(old), await wholeOf(current)]
    const sequences: number[] = []
    const changes = await crashEverywhere(
      await installedFolder(),
      (path) => folderOf(path).install(current, digests(old)),
      async (path) => {
        await checkFilesOf(path, [before, after])
        const { installed } = await readAnew(path)
        sequences.push(installed?.sequence ?? 0)
        expect(await snapshot(path)).toEqual(installed?.sequence === old.sequence ? before : after)
      },
    )
    expect(changes).toBeGreaterThan(20)
    expect(sequences).toEqual(sequences.toSorted((a, b) => a - b))
    expect(new Set(sequences)).toEqual(new Set([old.sequence, current.sequence]))
  })

  it('in the middle of the first installation leaves nothing but the anchors, or the bundle', async () => {
    const after = await wholeOf(old)
    const { anchors } = bench.expected
    const pinned = new Map([['anchors', `${anchors.join('')}\n`]])
    const found: (number | undefined)[] = []
    await crashEverywhere(
      await temporaryFolder(),
      (path) => folderOf(path).install(old, anchors),
      async (path) => {
        const { installed } = await readAnew(path)
        found.push(installed?.sequence)
        const files = await snapshot(path)
        if (installed) expect(files).toEqual(after)
        else expect([new Map(), pinned]).toContainEqual(files)
      },
    )
    expect(new Set(found)).toEqual(new Set([undefined, 1]))
  })

  it('in the middle of finishing what a crash interrupted changes nothing about that', async () => {
    const after = await wholeOf(current)
    const half = await installedFolder()
    expect(await crashAt(14, () => folderOf(half).install(current, digests(old)))).toBe(false)
    expect(await readdir(half)).toContain('incoming.jws')
    await crashEverywhere(half, readAnew, async (path) => {
      expect((await readAnew(path)).installed?.sequence).toBe(current.sequence)
      expect(await snapshot(path)).toEqual(after)
    })
  })
})
