import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { listFiles, serverFiles } from '../../../lib/bundle/serverFiles.ts'
import { openTrustBundle, type TrustBundle } from '../../../lib/bundle/trustBundle.ts'
import { encodePem, parsePemCertificates } from '../../../lib/x509/pemBlock.ts'
import { type BundleWorld, createBundleWorld } from '../../client/bundleWorld.ts'
import { temporaryFolder } from '../../local/temporaryFolder.ts'
import { openssl } from '../../openssl.ts'

let bench: BundleWorld
/** Two issuers; and what is left when the first of them is tainted. */
let both: TrustBundle
let after: TrustBundle
/** A leaf of the first issuer. */
let leaf: string

beforeAll(async () => {
  bench = await createBundleWorld()
  const { entry } = await bench.world.enroll()
  leaf = encodePem('CERTIFICATE', entry.certificate)
  await bench.stageIssuer('root 1')
  both = await openTrustBundle(bench.jws, bench.expected)
  await bench.activate('issuer 2')
  after = await openTrustBundle(await bench.taint('issuer 1'), bench.expected)
})

afterAll(() => bench[Symbol.asyncDispose]())

const textOf = (bundle: TrustBundle, name: string): string =>
  Buffer.from(serverFiles(bundle).get(name) ?? []).toString()

const write = async (bundle: TrustBundle): Promise<string> => {
  const folder = await temporaryFolder()
  for (const [name, octets] of serverFiles(bundle)) {
    await mkdir(dirname(join(folder, name)), { recursive: true })
    await writeFile(join(folder, name), octets)
  }
  await writeFile(join(folder, 'leaf.pem'), leaf)
  return folder
}

const at = String(Math.floor(Date.parse('2026-03-02T10:01:00Z') / 1000))

describe('serverFiles()', () => {
  it('lists every issuer, and no root', () => {
    const [one, two] = both.issuers
    const name = (number: number) =>
      openssl(
        ['x509', '-inform', 'DER', '-noout', '-subject', '-nameopt', 'RFC2253'],
        both.issuers[number]?.der,
      )
        .toString()
        .trim()
        .replace('subject=', '')
    expect(textOf(both, 'issuers.sha256')).toBe(`${one?.sha256}\n${two?.sha256}\n`)
    expect(textOf(both, 'issuers.dn')).toBe(`"${name(0)}" 1;\n"${name(1)}" 1;\n`)
    expect(textOf(both, 'swanctl-cacerts.conf')).toBe('cacerts = issuer~0001.pem, issuer~0002.pem\n')
    expect(parsePemCertificates(textOf(both, 'issuers.pem'))).toEqual(both.issuers.map(({ der }) => der))
    const more = [...both.issuers, ...both.crossCertificates].map(({ der }) => der)
    expect(more).toHaveLength(3)
    expect(parsePemCertificates(textOf(both, 'issuers-and-crosses.pem'))).toEqual(more)
  })

  it('forgets a tainted issuer in all of them', () => {
    const gone = both.issuers[0]
    for (const name of listFiles) {
      expect(textOf(both, name)).not.toBe(textOf(after, name))
      expect(textOf(after, name)).not.toContain('issuer~0001')
      expect(textOf(after, name)).not.toContain(gone?.sha256)
      expect(textOf(after, name)).not.toMatch(/VPN issuer 1/)
    }
    expect([...serverFiles(after).keys()].filter((name) => name.startsWith('issuers/'))).toHaveLength(1)
  })

  it('lets openssl find issuers by their names, and a tainted one no more', async () => {
    const verify = async (bundle: TrustBundle, args: (folder: string) => readonly string[]) => {
      const folder = await write(bundle)
      return () => openssl(['verify', '-attime', at, ...args(folder), join(folder, 'leaf.pem')]).toString()
    }
    const pinned = (folder: string) => ['-partial_chain', '-CApath', join(folder, 'issuers')]
    expect((await verify(both, pinned))()).toMatch(/: OK\n$/)
    expect(await verify(after, pinned)).toThrow(/unable to get local issuer certificate/)
  })

  it('lets openssl find roots by their names', async () => {
    const folder = await write(both)
    const args = ['-CApath', join(folder, 'roots'), '-untrusted', join(folder, 'issuers.pem')]
    const verified = openssl(['verify', '-attime', at, ...args, join(folder, 'leaf.pem')])
    expect(verified.toString()).toMatch(/: OK\n$/)
  })

  it('counts authorities that share a hash', () => {
    const [root] = both.roots
    const twice = serverFiles({ ...both, roots: root ? [root, root] : [] })
    const names = [...twice.keys()].filter((name) => name.startsWith('roots/'))
    expect(names.map((name) => name.slice(-2))).toEqual(['.0', '.1'])
  })

  it('lets nobody in without an issuer: no list is an empty restriction', () => {
    const none = { ...both, issuers: [], crossCertificates: [] }
    const files = [...serverFiles(none)].map(([name, octets]) => [name, Buffer.from(octets).toString()])
    expect(Object.fromEntries(files)).toMatchObject({
      'swanctl-cacerts.conf': expect.stringMatching(/^groups = mayfly-has-no-issuer$/m) as string,
      'issuers.pem': '',
      'issuers.dn': '',
      'issuers.sha256': '',
    })
  })
})
