import { copyFile, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { faultyVault } from '../../faultyVault.ts'
import { encodePem } from '../../../lib/x509/pemBlock.ts'
import { testTables } from '../../azurite.ts'
import { offlineRoot } from '../../lib/authority/change/offlineRoot.ts'
import { openssl } from '../../openssl.ts'
import type { Members } from '../../tenants.ts'
import { runCommand } from '../runCommand.ts'
import { type AuthorityBench, changingNothing, second, tooWide, withAuthority } from '../withAuthority.ts'

beforeAll(() => testTables())

const fileIn = ({ folder }: AuthorityBench, name: string): string => join(folder, name)

describe('mayfly authority stage-issuer', () => {
  it('publishes the next issuer beneath the active root, once, and tells when it may be activated', async () => {
    const bench = await withAuthority()
    const { text, json } = await bench.run('authority stage-issuer')
    expect(json).toMatchObject({ tenant: bench.tenant, sequence: 2, staged: 'issuer~0002', changed: true })
    expect(JSON.parse(JSON.stringify(json))).toEqual(json)
    expect(json).toMatchObject({
      generations: expect.arrayContaining([
        expect.objectContaining({
          id: 'issuer~0002',
          kind: 'issuer',
          state: 'staged',
          keyReference: `local:${bench.tenant}.issuer-2-es256`,
          signedBy: 'root~0001',
          publishedAt: '2026-03-02T10:00:00.000Z',
          publishedSequence: 2,
        }),
      ]) as unknown,
    })
    expect(text.split('\n').slice(0, 4)).toEqual([
      'issuer~0002 published in bundle 2',
      'activate from 2026-03-09T10:00:00Z (in 7 days) on',
      '',
      'issuer~0002  staged',
    ])
    expect(tooWide(text)).toEqual([])
    const again = await changingNothing(bench, () => bench.run('authority stage-issuer', { after: second }))
    expect(again.json).toMatchObject({ sequence: 2, staged: 'issuer~0002', changed: false })
    expect(again.text).toMatch(/^issuer~0002 is staged already\nactivate from 2026-03-09T10:00:00Z/)
  })

  it('stages one beneath another root that is named', async () => {
    const bench = await withAuthority()
    await bench.run('authority stage-issuer')
    const { json } = await bench.run('authority stage-issuer', '--root', 'root 2')
    expect(json).toMatchObject({ sequence: 3, staged: 'issuer~0003', changed: true })
    const generations = (json as { readonly generations: readonly unknown[] }).generations
    expect(generations).toContainEqual(expect.objectContaining({ id: 'issuer~0003', signedBy: 'root~0002' }))
  })

  it('tells with --dry-run what it would do, and makes neither row nor key', async () => {
    const bench = await withAuthority()
    const dry = (...options: readonly string[]) =>
      changingNothing(bench, () => bench.run('authority stage-issuer --dry-run', ...options))
    const { text, json } = await dry()
    expect(text).toBe('would stage issuer~0002 beneath root~0001; nothing was changed')
    expect(json).toMatchObject({ sequence: 1, staged: 'issuer~0002', changed: false })
    expect((await dry('--root', 'root~0002')).text).toMatch(/beneath root~0002/)
    const request = await dry('--csr-out', fileIn(bench, 'issuer.csr'), '--root', 'root~0002')
    expect(request.text).toBe(
      'would write the request for issuer~0002 beneath root~0002; nothing was changed',
    )
    await expect(readFile(fileIn(bench, 'issuer.csr'))).rejects.toThrow('ENOENT')
    await bench.run('authority stage-issuer')
    expect((await dry()).text).toBe('issuer~0002 is staged already; nothing was changed')
  })

  it.each([
    ['that there is none of', 'root~0009', 'generation-unknown'],
    ['that is an issuer', 'issuer~0001', 'transition-refused'],
    ['without a number', 'root', 'generation-unknown'],
  ] as const)('refuses a root %s', async (_, root, code) => {
    const bench = await withAuthority()
    await changingNothing(bench, () =>
      expect(bench.run('authority stage-issuer', '--root', root)).toRefuse(code),
    )
  })

  it('refuses when the key of the root was swapped for another', async () => {
    const bench = await withAuthority()
    const keyOf = (name: string) => fileIn(bench, join('keys', `${bench.tenant}.${name}-es256.pem`))
    await writeFile(keyOf('root-1'), await readFile(keyOf('root-2')))
    await expect(bench.run('authority stage-issuer')).toRefuse('key-mismatch', /not the key of root~0001/)
    expect(await bench.run('authority status')).toMatchObject({ json: { sequence: 1 } })
  })

  it('makes the key in the vault that is named, and again in the same one only', async () => {
    await using vault = await faultyVault()
    const bench = await withAuthority()
    const caFile = fileIn(bench, 'ca.pem')
    await writeFile(caFile, vault.location().ca ?? '')
    const standIn = { caFile, token: 'canary-of-the-token' }
    const keys = {
      folder: fileIn(bench, 'keys'),
      vault: { rootUrl: vault.url, issuerUrl: vault.url, standIn },
    }
    const inVault = { ...bench.deployment, keys }
    Object.assign(bench.deployment, inVault)
    const { json } = await bench.run('authority stage-issuer', '--vault', vault.url)
    expect(JSON.stringify(json)).toContain(`${vault.url}/keys/${bench.tenant}--issuer-2-es256/`)
    const again = await bench.run('authority stage-issuer')
    expect(again.json).toMatchObject({ staged: 'issuer~0002', changed: false })
  })
})

/** An authority with an offline root staged, the file that the request goes to, and what the root makes of it. */
const withOfflineRoot = async () => {
  const offline = await offlineRoot()
  const bench = await withAuthority({}, offline.from)
  const [root, csr, out] = [
    fileIn(bench, 'offline.pem'),
    fileIn(bench, 'issuer.csr'),
    fileIn(bench, 'issuer.pem'),
  ]
  await writeFile(root, encodePem('CERTIFICATE', offline.certificate))
  await bench.run('authority stage-root', '--certificate-in', root)
  const certify = async (days = '90'): Promise<string> => {
    const request = openssl(['req', '-in', csr, '-outform', 'DER'])
    const options = ['-days', days, '-copy_extensions', 'copyall']
    await writeFile(out, encodePem('CERTIFICATE', await offline.sign(request, { options })))
    return out
  }
  return { bench, csr, certify, beneath: ['--root', 'root~0003'] }
}

describe('mayfly authority stage-issuer beneath a root whose key is offline', () => {
  it('writes a request that openssl verifies, the same key each time, and takes in what the root made of it', async () => {
    const { bench, csr, certify, beneath } = await withOfflineRoot()
    const { text, json } = await bench.run('authority stage-issuer', ...beneath, '--csr-out', csr)
    expect(text).toBe(
      `${csr}: the request for issuer~0002\nhave the root sign it, then run stage-issuer --certificate-in`,
    )
    expect(json).toMatchObject({ sequence: 2, requested: 'issuer~0002', file: csr, changed: false })
    const publicKey = () => openssl(['req', '-in', csr, '-verify', '-noout', '-pubkey']).toString()
    const first = publicKey()
    await rm(csr)
    await bench.run('authority stage-issuer', ...beneath, '--csr-out', csr)
    expect(publicKey()).toBe(first)
    const taking = [...beneath, '--certificate-in', await certify()]
    const dry = await changingNothing(bench, () =>
      bench.run('authority stage-issuer --dry-run', ...taking, { after: 60_000 }),
    )
    expect(dry.text).toBe('would stage issuer~0002 beneath root~0003; nothing was changed')
    const taken = await bench.run('authority stage-issuer', ...taking, { after: 60_000 })
    expect(taken.json).toMatchObject({ sequence: 3, staged: 'issuer~0002', changed: true })
    const again = await changingNothing(bench, () =>
      bench.run('authority stage-issuer', ...taking, { after: 60_000 }),
    )
    expect(again.json).toMatchObject({ sequence: 3, staged: 'issuer~0002', changed: false })
  })

  it('refuses what another root signed, what lives too long, and what is not of the request', async () => {
    const { bench, csr, certify, beneath } = await withOfflineRoot()
    await bench.run('authority stage-issuer', ...beneath, '--csr-out', csr)
    const good = await certify()
    const offline = fileIn(bench, 'offline.pem')
    const tooLong = fileIn(bench, 'too-long.pem')
    await copyFile(await certify('3000'), tooLong)
    await certify()
    for (const words of ['authority stage-issuer', 'authority stage-issuer --dry-run'])
      await changingNothing(bench, async () => {
        const take = (...options: readonly string[]) => bench.run(words, ...options, { after: 60_000 })
        await expect(take('--certificate-in', good)).toRefuse('certificate-refused', /beneath root~0001/)
        await expect(take(...beneath, '--certificate-in', tooLong)).toRefuse(
          'certificate-refused',
          /authority-lifetime/,
        )
        await expect(take(...beneath, '--certificate-in', offline)).toRefuse('certificate-refused')
      })
  })

  it('takes in what the root made although another issuer was staged meanwhile, with a key of its own', async () => {
    const { bench, csr, certify, beneath } = await withOfflineRoot()
    await bench.run('authority stage-issuer', ...beneath, '--csr-out', csr)
    await bench.run('authority stage-issuer')
    const taking = [...beneath, '--certificate-in', await certify()]
    const { json } = await bench.run('authority stage-issuer', ...taking, { after: 60_000 })
    expect(json).toMatchObject({ staged: 'issuer~0003', changed: true })
    const keyOf = (id: string, name: string) =>
      expect.objectContaining({ id, keyReference: `local:${bench.tenant}.${name}` }) as unknown
    expect((json as { readonly generations: readonly unknown[] }).generations).toEqual(
      expect.arrayContaining([
        keyOf('issuer~0002', 'issuer-2-es256'),
        keyOf('issuer~0003', 'issuer-2-root-3-es256'),
      ]),
    )
  })

  it('overwrites no file, and writes none together with taking a certificate in', async () => {
    const { bench, csr, beneath } = await withOfflineRoot()
    const root = fileIn(bench, 'offline.pem')
    const before = await readFile(root, 'utf8')
    const writing = (file: string) => bench.run('authority stage-issuer', ...beneath, '--csr-out', file)
    await expect(writing(root)).toRefuse('usage-wrong', /offline\.pem \(--csr-out\): it exists already/)
    expect(await readFile(root, 'utf8')).toBe(before)
    await expect(writing(fileIn(bench, 'none/issuer.csr'))).toRefuse('usage-wrong', /ENOENT/)
    const both = bench.run('authority stage-issuer', ...beneath, '--csr-out', csr, '--certificate-in', root)
    await expect(both).toRefuse('usage-wrong', /not both/)
  })

  it('needs the request or the certificate: the key of the root is not here', async () => {
    const { bench, beneath } = await withOfflineRoot()
    for (const words of ['authority stage-issuer', 'authority stage-issuer --dry-run'])
      await changingNothing(bench, () =>
        expect(bench.run(words, ...beneath)).toRefuse('transition-refused', /root~0003: it is offline/),
      )
  })
})

describe('mayfly authority stage-issuer for another marker', () => {
  const markerOid = '1.3.6.1.4.1.99999.87'

  it('is how the marker of a tenant is changed', async () => {
    const bench = await withAuthority({ authority: { publicationWindowSeconds: 0 } })
    const file = fileIn(bench, 'tenant.json')
    const document = JSON.parse(await readFile(file, 'utf8')) as Members
    await writeFile(file, JSON.stringify({ ...document, certificate: { markerOid } }))
    const apply = () => runCommand(['tenant', 'apply', '-f', file, '--base', '1', '--yes'], bench.deployment)
    await expect(apply()).toRefuse(
      'configuration-invalid',
      /run mayfly authority stage-issuer --marker 1\.3\.6\.1\.4\.1\.99999\.87/,
    )
    await bench.run('authority stage-issuer')
    const { json } = await bench.run('authority stage-issuer', '--marker', markerOid)
    expect(json).toMatchObject({ staged: 'issuer~0003', changed: true })
    const again = await bench.run('authority stage-issuer', '--marker', markerOid)
    expect(again.json).toMatchObject({ staged: 'issuer~0003', changed: false })
    await bench.run('authority activate', '--generation', 'issuer~0003')
    const stop = (id: string) => bench.run('authority deactivate --yes', '--generation', id)
    await expect(stop('issuer~0001')).toRefuse(
      'transition-refused',
      /every enrollment will be answered with 503/,
    )
    expect(await apply()).toMatchObject({ json: { revision: 2, changed: true } })
    expect(await stop('issuer~0001')).toMatchObject({ json: { changed: true } })
  })

  it('goes into the request for an offline root', async () => {
    const { bench, csr, beneath } = await withOfflineRoot()
    await bench.run('authority stage-issuer', ...beneath, '--marker', markerOid, '--csr-out', csr)
    expect(openssl(['req', '-in', csr, '-noout', '-text']).toString()).toMatch(
      /Client Authentication, 1\.3\.6\.1\.4\.1\.99999\.87/,
    )
  })

  it.each(['1.3.6.1.5.5.7.3.2', '2.5.29.37.0', 'marker', ''])('refuses %j', async (marker) => {
    const bench = await withAuthority()
    await changingNothing(bench, () =>
      expect(bench.run('authority stage-issuer', `--marker=${marker}`)).toRefuse(
        'configuration-invalid',
        /certificate\.markerOid/,
      ),
    )
  })
})
