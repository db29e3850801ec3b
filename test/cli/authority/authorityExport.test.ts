import { createHash } from 'node:crypto'
import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { bundleFiles } from '../../../lib/authority/storedBundle.ts'
import { testTables } from '../../azurite.ts'
import { openssl } from '../../openssl.ts'
import { changingNothing, withAuthority } from '../withAuthority.ts'

beforeAll(() => testTables())

const sha256 = (octets: Uint8Array): string => createHash('sha256').update(octets).digest('hex')

describe('mayfly authority export', () => {
  it('writes the bundle in every form, and tells its number and the digests of the files', async () => {
    const bench = await withAuthority()
    const folder = join(bench.folder, 'a', 'bundle')
    const { text, json } = await changingNothing(bench, () => bench.run('authority export', '--out', folder))
    expect((await readdir(folder)).toSorted()).toEqual(
      [
        'certificates',
        'issuers',
        'issuers-and-crosses.pem',
        'issuers.dn',
        'issuers.pem',
        'issuers.sha256',
        'roots',
        'swanctl-cacerts.conf',
        ...bundleFiles,
      ].toSorted(),
    )
    const certificates = join(folder, 'certificates')
    const names = ['cross~0002-0001.pem', 'issuer~0001.pem', 'root~0001.pem', 'root~0002.pem']
    expect((await readdir(certificates)).toSorted()).toEqual(names)
    const digests: Record<string, string> = {}
    for (const file of bundleFiles) digests[file] = sha256(await readFile(join(folder, file)))
    expect(json).toEqual({ tenant: bench.tenant, sequence: 1, folder, sha256: digests, certificates })
    const listed = bundleFiles.map((file) => `${digests[file]}  ${join(folder, file)}`)
    expect(text.split('\n')).toEqual(['bundle 1', ...listed, `one certificate a file: ${certificates}`])
    const pem = join(folder, 'trust.pem')
    const anchors = openssl(['crl2pkcs7', '-nocrl', '-certfile', pem])
    expect(
      openssl(['pkcs7', '-print_certs'], anchors)
        .toString()
        .match(/^subject=/gm),
    ).toHaveLength(3)
    expect((await readFile(join(folder, 'trust.jws'), 'utf8')).split('.')[1]).toBe(
      (await readFile(join(folder, 'trust.json'))).toString('base64url'),
    )
  })

  it('replaces what an older bundle left there, and nothing else', async () => {
    const bench = await withAuthority()
    const folder = join(bench.folder, 'bundle')
    await bench.run('authority export', '--out', folder)
    await writeFile(join(folder, 'note.txt'), 'mine')
    const old = await readFile(join(folder, 'trust.json'), 'utf8')
    await bench.run('authority stage-issuer')
    const { json } = await bench.run('authority export', '--out', folder)
    expect(json).toMatchObject({ sequence: 2 })
    expect(await readFile(join(folder, 'trust.json'), 'utf8')).not.toBe(old)
    expect(await readdir(folder)).toHaveLength(13)
    expect(await readdir(join(folder, 'certificates'))).toContain('issuer~0002.pem')
    expect(await readFile(join(folder, 'note.txt'), 'utf8')).toBe('mine')
  })

  it('takes any root of the bundle for an anchor, where none is known', async () => {
    const bench = await withAuthority()
    await bench.run('authority export', '--out', join(bench.folder, 'known'))
    const { roots } = JSON.parse(await readFile(join(bench.folder, 'known', 'trust.json'), 'utf8')) as {
      readonly roots: readonly { readonly sha256: string }[]
    }
    await rm(join(bench.folder, 'local.anchors.json'))
    await expect(bench.run('authority export', '--out', bench.folder)).toRefuse('anchors-refused')
    await bench.run('authority export', '--out', bench.folder, '--anchor', roots[1]?.sha256 ?? '')
    for (const file of bundleFiles)
      expect(await readFile(join(bench.folder, file))).toEqual(
        await readFile(join(bench.folder, 'known', file)),
      )
  })

  it.skipIf(process.platform === 'win32')('writes files that everybody may read', async () => {
    const bench = await withAuthority()
    await bench.run('authority export', '--out', bench.folder)
    for (const file of bundleFiles) expect((await stat(join(bench.folder, file))).mode & 0o777).toBe(0o644)
  })

  it('wants a folder', async () => {
    const bench = await withAuthority()
    await expect(bench.run('authority export')).toRefuse('usage-wrong', /--out is missing/)
  })
})
