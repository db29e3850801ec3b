import type * as FileSystem from 'node:fs/promises'
import {
  chmod,
  chown,
  cp,
  lstat,
  mkdir,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { publishBundle } from '../../lib/authority/publishedBundle.ts'
import { bundleFiles, type StoredBundle } from '../../lib/authority/storedBundle.ts'
import { openTrustBundle, type TrustBundle } from '../../lib/bundle/trustBundle.ts'
import { type Trusted, trustFolder } from '../../client/trustFolder.ts'
import { parseTenantId } from '../../lib/tenant/tenantId.ts'
import { parseCertificate } from '../../lib/x509/certificate.ts'
import { subjectHash } from '../../lib/x509/subjectHash.ts'
import { openssl } from '../openssl.ts'
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
let first: StoredBundle
let current: TrustBundle

beforeAll(async () => {
  bench = await createBundleWorld()
  const { tenant, anchors } = bench.expected
  old = await openTrustBundle(bench.jws, { tenant, anchors })
  first = bench.authority.bundle
  await bench.stageIssuer('root 2')
  await bench.activate('root 2')
  await bench.activate('issuer 2')
  const jws = await bench.taint('root 1')
  current = await openTrustBundle(jws, { tenant, anchors: [bench.root(2).digest] })
})

afterAll(() => bench[Symbol.asyncDispose]())

const digests = ({ roots }: TrustBundle) => roots.map(({ sha256 }) => sha256)

/** The names and contents of a folder, without drafts. */
/** The lock is no part of what is compared. */
const snapshot = async (folder: string): Promise<ReadonlyMap<string, string>> => {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries
    .filter((entry) => entry.isFile() && !entry.name.endsWith('.tmp'))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => !file.startsWith(join(folder, 'lock')))
    .sort()
  return new Map(
    await Promise.all(
      files.map(async (file) => [file.slice(folder.length + 1), await readFile(file, 'latin1')] as const),
    ),
  )
}

const folderOf = (path: string) => trustFolder(path, bench.tenant)

/** Puts a bundle in place that was verified with these anchors. */
const install = (path: string, bundle: TrustBundle, anchors: readonly string[]) =>
  folderOf(path).install(() => Promise.resolve({ bundle, anchors }))

/** A folder with the first bundle. */
const installedFolder = async (): Promise<string> => {
  const path = join(await temporaryFolder(), 'trust')
  await install(path, old, bench.expected.anchors)
  return path
}

describe('install()', () => {
  it('writes the files of the service, each certificate on its own, and the anchors of the next', async () => {
    const files = await snapshot(await installedFolder())
    const names = ['cross~0002-0001', 'issuer~0001', 'root~0001', 'root~0002']
    const { encodings } = await publishBundle(parseTenantId(bench.tenant), first)
    const hashed = (folder: string, entries: TrustBundle['roots']) =>
      entries.map(({ der }) => `${folder}/${subjectHash(parseCertificate(der).tbs.subject)}.0`).sort()
    expect([...files.keys()]).toEqual([
      'anchors',
      ...names.map((name) => `certificates/${name}.pem`),
      'issuers-and-crosses.pem',
      'issuers.dn',
      'issuers.pem',
      'issuers.sha256',
      ...hashed('issuers', old.issuers),
      ...hashed('roots', old.roots),
      'swanctl-cacerts.conf',
      ...[...bundleFiles].sort(),
    ])
    for (const file of bundleFiles)
      expect(files.get(file), file).toBe(Buffer.from(encodings[file]).toString('latin1'))
    expect(files.get('anchors')).toBe(`${digests(old).join('\n')}\n`)
  })

  it('removes the certificates that the next bundle lacks, and remembers the roots', async () => {
    const path = await installedFolder()
    expect(await install(path, current, digests(old))).toMatchObject({ installed: old })
    expect(await readdir(join(path, 'certificates'))).toEqual(['issuer~0002.pem', 'root~0002.pem'])
    expect(await readdir(join(path, 'issuers'))).toHaveLength(1)
    expect(await readdir(join(path, 'roots'))).toHaveLength(1)
    expect(await folderOf(path).read()).toEqual({
      loaded: undefined,
      served: current,
      installed: current,
      anchors: [bench.root(2).digest],
      formerAnchors: [bench.root(1).digest],
    })
  })

  it('lets the judgement see what is there by then, and installs nothing without a bundle', async () => {
    const path = await installedFolder()
    const before = await snapshot(path)
    await folderOf(path).install((trusted) => {
      expect(trusted).toMatchObject({ installed: old, anchors: digests(old), formerAnchors: [] })
      return Promise.resolve(undefined)
    })
    expect(await snapshot(path)).toEqual(before)
  })

  it.skipIf(process.platform === 'win32')('lets everybody read, whom VPN servers run as', async () => {
    const path = await installedFolder()
    const mask = ~process.umask()
    expect((await stat(join(path, 'trust.pem'))).mode & 0o777).toBe(0o644 & mask)
    expect((await stat(join(path, 'certificates'))).mode & 0o777).toBe(0o755 & mask)
  })

  it
    .skipIf(process.platform === 'win32')
    .each(['.', 'certificates', 'issuers', 'roots', 'lock', 'trust.jws', 'anchors'])(
    'does not use a folder whose %s others can write to',
    async (name) => {
      const path = await installedFolder()
      await chmod(join(path, name), 0o777)
      await expect(folderOf(path).read()).toRefuse('trust-bundle-refused', /others can write to/)
      await expect(install(path, current, digests(old))).toRefuse('trust-bundle-refused')
    },
  )

  it.skipIf(process.getuid?.() !== 0)('does not use a folder that belongs to somebody else', async () => {
    const path = await installedFolder()
    await chown(path, 65_534, 65_534)
    await expect(folderOf(path).read()).toRefuse('trust-bundle-refused', /others can write to/)
  })
})

describe('read()', () => {
  it('finds nothing in a folder that is missing or empty, and makes none', async () => {
    const path = await temporaryFolder()
    const nothing = {
      installed: undefined,
      anchors: [],
      formerAnchors: [],
      loaded: undefined,
      served: undefined,
    }
    expect(await folderOf(join(path, 'trust')).read()).toEqual(nothing)
    expect(await readdir(path)).toEqual([])
    expect(await folderOf(path).read()).toEqual(nothing)
  })

  it('finds the anchors that somebody put there for the first bundle, whatever their line ends', async () => {
    const path = await temporaryFolder()
    await writeFile(join(path, 'anchors'), `${'AB'.repeat(32)}\r\n${'cd'.repeat(32)}`)
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

  const append = (text: string) => (content: string) => content + text
  const crlf = (text: string) => text.replaceAll('\n', '\r\n')

  it.each([
    ['trust.jws', append('A'), /trust\.jws: Cannot trust the bundle/],
    ['trust.jws', () => '', /trust\.jws: Cannot trust the bundle/],
    ['trust.jws', () => undefined, /but not the trust\.jws that vouches for them/],
    ['anchors', (text) => text.slice(65), /trust\.jws: .*not among those trusted here/],
    ['anchors', append('ab'), /anchors is not a list of SHA-256 digests/],
    ['anchors', () => '', /anchors is not a list of SHA-256 digests/],
    ['anchors', () => undefined, /trust\.jws: .*not among those trusted here/],
    ['former-anchors', () => 'planted', /former-anchors is not a list of SHA-256 digests/],
  ] as readonly (readonly [string, (content: string) => string | undefined, RegExp])[])(
    'refuses a folder whose %s proves nothing any more, and leaves it as it is',
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

  it.each([
    ['trust.jws', append('\r\n')],
    ['trust.json', append(' ')],
    ['trust.json', () => undefined],
    ['trust.pem', crlf],
    ['trust.pem', append('-----BEGIN TRUSTED CERTIFICATE-----\n')],
    ['trust.pem', () => undefined],
    ['trust.p7b', () => 'planted'],
    ['anchors', crlf],
    ['anchors', (text) => text.toUpperCase()],
    ['anchors', append(`${'ab'.repeat(32)}\n`)],
    ['certificates/root~0001.pem', append('x')],
    ['certificates/issuer~0001.pem', () => undefined],
    ['certificates/root~0003.pem', () => 'planted'],
    ['issuers.pem', append('-----BEGIN CERTIFICATE-----\n')],
    ['issuers.sha256', () => undefined],
    ['issuers/01234567.0', () => 'planted'],
    ['roots/01234567.1.01234567-89ab-cdef-0123-456789abcdef.tmp', () => 'a draft'],
    ['issuers-and-crosses.pem.01234567-89ab-cdef-0123-456789abcdef.tmp', () => 'a draft'],
    ['incoming.jws', () => 'left by a version that was killed'],
    ['trust.pem.01234567-89ab-cdef-0123-456789abcdef.tmp', () => 'a draft'],
    ['.trust.json.01234567-89ab-cdef-0123-456789abcdef.tmp', () => 'a draft'],
    ['issuers/.01234567.0.01234567-89ab-cdef-0123-456789abcdef.tmp', () => 'a draft'],
  ] as readonly (readonly [string, (content: string) => string | undefined])[])(
    'writes what follows from trust.jws again when %s was changed',
    async (name, change) => {
      const path = await installedFolder()
      const before = await snapshot(path)
      const file = join(path, name)
      const changed = change(await readFile(file, 'utf8').catch(() => ''))
      await (changed === undefined ? rm(file) : writeFile(file, changed))
      expect(await folderOf(path).read()).toMatchObject({ installed: old, anchors: digests(old) })
      expect(await snapshot(path)).toEqual(before)
      expect(await readdir(path, { recursive: true })).not.toContain(name.endsWith('.tmp') ? name : '')
    },
  )

  it.skipIf(process.platform === 'win32')(
    'replaces a file that is a link, or that others can write to',
    async () => {
      const path = await installedFolder()
      const before = await snapshot(path)
      const elsewhere = join(await temporaryFolder(), 'elsewhere')
      await writeFile(elsewhere, before.get('trust.pem') ?? '')
      await rm(join(path, 'trust.pem'))
      await symlink(elsewhere, join(path, 'trust.pem'))
      await chmod(join(path, 'trust.json'), 0o666)
      await folderOf(path).read()
      expect((await lstat(join(path, 'trust.pem'))).isFile()).toBe(true)
      expect((await stat(join(path, 'trust.json'))).mode & 0o022).toBe(0)
      expect(await snapshot(path)).toEqual(before)
    },
  )

  it('does not mind what has other names, such as what openssl rehash makes', async () => {
    const path = await installedFolder()
    const before = await readdir(join(path, 'certificates'))
    openssl(['rehash', join(path, 'certificates')])
    await writeFile(join(path, 'certificates', 'own-root.crt'), 'of the server itself')
    await writeFile(join(path, 'README'), 'Ask Ada.')
    const both = await readdir(join(path, 'certificates'))
    expect(both.length).toBeGreaterThan(before.length + 3)
    await folderOf(path).read()
    expect(await readdir(join(path, 'certificates'))).toEqual(both)
    await install(path, current, digests(old))
    expect(await readFile(join(path, 'certificates', 'own-root.crt'), 'utf8')).toBe('of the server itself')
  })

  it.each(['certificates/root~0001.pem', 'roots/01234567.0', 'issuers/x', './issuers.dn'])(
    'refuses %s, which it does not know the origin of, and does not remove it',
    async (name) => {
      const path = await temporaryFolder()
      await mkdir(dirname(join(path, name)), { recursive: true })
      await writeFile(join(path, name), 'of somebody')
      await expect(folderOf(path).read()).toRefuse('trust-bundle-refused', /not the trust\.jws that vouches/)
      expect(await readFile(join(path, name), 'utf8')).toBe('of somebody')
    },
  )
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
    // In between, the anchors are those of both.
    if (!name.endsWith('anchors')) expect(folders.map((folder) => folder.get(name))).toContain(content)
  }
  const [jws, anchors] = [files.get('trust.jws'), files.get('anchors') ?? '']
  if (jws !== undefined)
    await openTrustBundle(jws, { tenant: bench.tenant, anchors: anchors.trim().split('\n') })
}

// One installation after the other, as many as it has steps.
describe('a crash', () => {
  const wholeOf = async (bundle: TrustBundle) => {
    const path = await installedFolder()
    if (bundle !== old) await install(path, bundle, digests(old))
    return snapshot(path)
  }

  it('in the middle of an installation leaves the old bundle, or the new one once it is read again', async () => {
    const [before, after] = [await wholeOf(old), await wholeOf(current)]
    const sequences: number[] = []
    const changes = await crashEverywhere(
      await installedFolder(),
      (path) => install(path, current, digests(old)),
      async (path) => {
        await checkFilesOf(path, [before, after])
        const { installed } = await readAnew(path)
        sequences.push(installed?.sequence ?? 0)
        const files = new Map(await snapshot(path))
        if (installed?.sequence === old.sequence) files.delete('former-anchors')
        expect(files).toEqual(installed?.sequence === old.sequence ? before : after)
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
      (path) => install(path, old, anchors),
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
    expect(await crashAt(14, () => install(half, current, digests(old)))).toBe(false)
    expect(await readFile(join(half, 'trust.jws'), 'utf8')).toBe(current.jws)
    expect(await readFile(join(half, 'trust.pem'), 'utf8')).not.toContain('# Trust bundle 5')
    await crashEverywhere(half, readAnew, async (path) => {
      expect((await readAnew(path)).installed?.sequence).toBe(current.sequence)
      expect(await snapshot(path)).toEqual(after)
    })
  })
})
