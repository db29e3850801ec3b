import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Settling } from '../../../client/credential/credentialStore.ts'
import { heldIn } from '../../../client/store/heldIn.ts'
import { windowsStore, type WindowsStoreOptions } from '../../../client/store/windowsStore.ts'
import { temporaryFolder } from '../../local/temporaryFolder.ts'
import { storeBench, thumbprintOf } from './storeBench.ts'
import { hasPowerShell } from '../powerShellServer.ts'
import { windowsMachine } from './windowsMachine.ts'

const { certify, issuer, renew: renewIn } = storeBench()
const foreign = 'F0'.repeat(20)

/** A store in a folder whose name PowerShell and Windows could misread. */
const bench = async (changes: Partial<WindowsStoreOptions> = {}) => {
  const windows = await windowsMachine()
  await windows.mark('trusted')
  await windows.plant(foreign)
  const folder = join(await temporaryFolder(), "Ada's `n $env:HOME [Schlüssel]", 'vpn')
  const told: string[] = []
  const options: WindowsStoreOptions = {
    keyAlgorithm: 'P-256',
    keyProvider: 'software',
    reusesKey: false,
    machine: windows.machine,
    tell: (text) => told.push(text),
    ...changes,
  }
  const store = windowsStore(folder, options)
  const renew = (minutes = 0) => renewIn(store, minutes)
  return { ...windows, folder, told, options, store, renew }
}

const list = async (folder: string) =>
  JSON.parse(await readFile(join(folder, 'certificates.json'), 'utf8')) as {
    readonly certificates: readonly { readonly thumbprint: string }[]
    readonly requests: readonly object[]
  }

/** How the store is settled at a time of the day of the first certificate. */
const at = (time: string): Settling => ({
  now: new Date(`2026-03-02T${time}:00Z`),
  exclusively: (act) => act(),
})

/** PowerShell takes a second to begin, ten where the machine is busy. */
const timeout = 300_000

describe.runIf(hasPowerShell)(
  'windowsStore(), by PowerShell with certreq and Cert: mocked',
  { timeout },
  () => {
    it('keeps the certificate in the store with its key, the one before until the next, and nothing in the folder but certificates', async () => {
      const { folder, store, renew, mine, keys, waiting, called, told } = await bench()
      expect(await store.held()).toBeUndefined()
      const first = await renew()
      const held = await store.held()
      expect(held?.certificate).toBe(first.certificate.certificate)
      expect(held?.key.publicKey.equals(first.key.publicKey)).toBe(true)
      const second = await renew(30)
      expect((await mine()).toSorted()).toEqual([first.thumbprint, second.thumbprint, foreign].toSorted())
      const third = await renew(50)
      expect((await mine()).toSorted()).toEqual([second.thumbprint, third.thumbprint, foreign].toSorted())
      expect(await keys()).toHaveLength(3)
      expect(await waiting()).toEqual([])
      const { certificates, requests } = await list(folder)
      expect(certificates.map(({ thumbprint }) => thumbprint)).toEqual([third.thumbprint, second.thumbprint])
      expect(requests).toEqual([{ subject: expect.any(String), reuse: expect.any(String) }])
      expect((await readdir(folder)).toSorted()).toEqual([
        'certificate.pem',
        'certificates.json',
        'chain.pem',
        'current',
        'generations',
      ])
      expect(await readFile(join(folder, 'chain.pem'), 'utf8')).toBe(issuer)
      expect((await stat(join(folder, 'certificates.json'))).mode & 0o777).toBe(0o600)
      expect(told).toEqual([])
      expect((await called()).filter((line) => line.startsWith('icacls'))).toHaveLength(1)
    })

    it('removes what ended with its key, of its own list alone', async () => {
      const { renew, mine, keys, mark, unmark, folder } = await bench()
      const first = await renew()
      const second = await renew(90)
      expect((await mine()).toSorted()).toEqual([second.thumbprint, foreign].toSorted())
      expect((await keys()).includes('mail')).toBe(true)
      await mark('stuck')
      const third = await renew(180)
      expect((await list(folder)).certificates).toHaveLength(2)
      await unmark('stuck')
      const fourth = await renew(200)
      expect((await mine()).toSorted()).toEqual([third.thumbprint, fourth.thumbprint, foreign].toSorted())
      expect(await keys()).toHaveLength(3)
      expect(first.thumbprint).not.toBe(second.thumbprint)
    })

    it('finds the key again that an interrupted enrollment left, and starts anew where Windows lost it', async () => {
      const { store, waiting, keys, lose, options, folder } = await bench()
      const first = await store.pendingKey()
      const again = await windowsStore(folder, options).pendingKey()
      expect(again.publicKey.equals(first.publicKey)).toBe(true)
      expect(Buffer.from(await again.makeCsr()).equals(Buffer.from(await first.makeCsr()))).toBe(true)
      expect(await waiting()).toHaveLength(1)
      const other = await windowsStore(folder, { ...options, keyAlgorithm: 'P-384' }).pendingKey()
      expect(other.publicKey.asymmetricKeyDetails).toEqual({ namedCurve: 'secp384r1' })
      expect(await waiting()).toHaveLength(1)
      expect(await keys()).toHaveLength(2)
      await lose('Request')
      const third = await store.pendingKey()
      expect(third.publicKey.equals(first.publicKey)).toBe(false)
    })

    it('goes on where Windows does not delete a request, and removes it once it can', async () => {
      const { store, options, folder, waiting, keys, mark, unmark } = await bench()
      await store.pendingKey()
      await mark('stuck')
      const other = windowsStore(folder, { ...options, keyAlgorithm: 'P-384' })
      await renewIn(other)
      expect(await waiting()).toHaveLength(1)
      expect((await list(folder)).requests.slice(1)).toEqual([
        { subject: expect.stringMatching(/^CN=mayfly-/), reuse: expect.stringMatching(/^software\//) },
      ])
      await unmark('stuck')
      await renewIn(other, 30)
      expect(await waiting()).toEqual([])
      expect((await list(folder)).requests).toHaveLength(1)
      expect(await keys()).toHaveLength(3)
    })

    it('takes the TPM where there is one, says so where there is none, and takes nothing else where that is wanted', async () => {
      const { folder, options, store, told, infs, mark } = await bench({ keyProvider: undefined })
      await store.pendingKey()
      expect(told).toEqual([expect.stringMatching(/^Warning: the key is kept by Windows itself.*0x80090030/)])
      await mark('tpm')
      await windowsStore(`${folder} 2`, options).pendingKey()
      expect(told).toHaveLength(1)
      const providers = [...(await infs()).matchAll(/ProviderName="Microsoft (\w+)/g)].map(([, name]) => name)
      expect(providers).toEqual(['Platform', 'Software', 'Platform'])
      const strict = await bench({ keyProvider: 'tpm2' })
      await expect(strict.store.pendingKey()).toRefuse('certificate-store-refused', /certreq -new ended with/)
      await strict.mark('tpm')
      await strict.renew()
      expect(strict.told).toEqual([])
    })

    it('gives the key the next certificate where that is wanted, and never removes it', async () => {
      const { renew, keys, mine, infs } = await bench({ reusesKey: true })
      const first = await renew()
      const second = await renew(90)
      const third = await renew(100)
      expect(second.key.publicKey.equals(first.key.publicKey)).toBe(true)
      expect(third.key.publicKey.equals(first.key.publicKey)).toBe(true)
      expect(await keys()).toHaveLength(2)
      expect(await mine()).toHaveLength(3)
      expect((await infs()).match(/UseExistingKeySet=\w+/g)).toEqual(
        ['FALSE', 'TRUE', 'TRUE'].map((is) => `UseExistingKeySet=${is}`),
      )
    })

    it('tells what to do where Windows does not trust the root, and goes on with the same key', async () => {
      const { store, renew, unmark, mark, mine } = await bench()
      const before = await renew()
      await unmark('trusted')
      const key = await store.pendingKey()
      await expect(store.accept(certify(key, 30), key)).toRefuse(
        'certificate-store-refused',
        /certreq -accept ended with 0x00000001: .*CERT_E_UNTRUSTEDROOT.*\. Windows does not trust the root of the tenant: put it among the Trusted Root Certification Authorities/,
      )
      expect((await store.held())?.certificate).toBe(before.certificate.certificate)
      await expect(store.settle(at('10:30'))).toRefuse('certificate-store-refused', /UNTRUSTEDROOT/)
      await mark('trusted')
      const settled = await store.settle(at('10:30'))
      expect(settled?.certificate).toBe((await store.held())?.certificate)
      expect(await store.settle(at('10:30'))).toBeUndefined()
      const thumbprint = thumbprintOf(settled?.certificate ?? '')
      expect((await mine()).toSorted()).toEqual([before.thumbprint, thumbprint, foreign].toSorted())
    })

    it('forgets a certificate that ended before Windows took it, or whose request is gone, and leaves nothing of it', async () => {
      const { store, renew, unmark, mark, mine, keys, waiting, lose, folder } = await bench()
      const before = await renew()
      await unmark('trusted')
      const key = await store.pendingKey()
      await expect(store.accept(certify(key, 10), key)).rejects.toThrow()
      await mark('trusted')
      expect(await store.settle(at('11:30'))).toBeUndefined()
      expect(await readdir(folder)).not.toContain('bought.json')
      const after = await renew(31)
      expect(after.key.publicKey.equals(key.publicKey)).toBe(true)
      await unmark('trusted')
      const next = await store.pendingKey()
      await expect(store.accept(certify(next, 40), next)).rejects.toThrow()
      await lose('Request')
      await mark('trusted')
      expect(await store.settle(at('10:40'))).toBeUndefined()
      const last = await renew(50)
      expect((await mine()).toSorted()).toEqual([after.thumbprint, last.thumbprint, foreign].toSorted())
      expect([await keys(), await waiting()]).toEqual(
        [{ length: 3 }, []].map((one) => expect.objectContaining(one)),
      )
      expect(before.thumbprint).not.toBe(after.thumbprint)
    })

    it('knows what is held without PowerShell, and asks it about what is not where Windows puts it', async () => {
      const { store, renew, called, lose, folder, machine } = await bench()
      await renew()
      const before = await called()
      expect(await store.held()).toBeDefined()
      expect((await heldIn(folder, machine).held())?.key.publicKey).toBeDefined()
      expect(await called()).toEqual(before)
      const moved = { ...machine, environment: { ...machine.environment, APPDATA: folder } }
      expect(await heldIn(folder, moved).held()).toBeDefined()
      await lose('My')
      expect(await store.held()).toBeUndefined()
      expect((await called()).length).toBe(before.length + 2)
    })
  },
)

describe.skipIf(process.platform === 'win32')('windowsStore() without PowerShell', () => {
  it('says that there is none', async () => {
    const folder = await temporaryFolder()
    const machine = { platform: 'win32', environment: { SystemRoot: folder, PATH: '' } } as const
    const store = windowsStore(folder, {
      keyAlgorithm: 'P-256',
      keyProvider: undefined,
      reusesKey: false,
      machine,
      tell: () => undefined,
    })
    await expect(store.pendingKey()).toRefuse(
      'certificate-store-refused',
      /PowerShell cannot be run \(ENOENT\)/,
    )
  })

  it('refuses a kind of key that Windows does not make', async () => {
    const { options } = await bench()
    expect(() => windowsStore('x', { ...options, keyAlgorithm: 'Ed25519' })).toThrow(
      /the store of Windows takes P-256, P-384, RSA-2048, RSA-3072, RSA-4096, not Ed25519/,
    )
  })

  it.each([
    ['no list', '[]'],
    ['another platform', '{"platform":"nss","certificates":[]}'],
    ['a thumbprint that is a path', `{"platform":"windows","certificates":[{"thumbprint":"../${foreign}"}]}`],
  ])('takes no list that is %s for its own', async (_, content) => {
    const { store, folder } = await bench()
    await mkdir(folder, { recursive: true, mode: 0o700 })
    await writeFile(join(folder, 'certificates.json'), content, { mode: 0o600 })
    await expect(store.pendingKey()).toRefuse(
      'certificate-store-refused',
      /certificates\.json: it is none; remove it/,
    )
    await writeFile(join(folder, 'certificates.json'), '{}')
  })
})
