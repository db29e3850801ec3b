import { chmod, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { keySha256 } from '../../../client/credential/clientKey.ts'
import { heldIn } from '../../../client/store/heldIn.ts'
import { keychainStore, type KeychainStoreOptions } from '../../../client/store/keychainStore.ts'
import { temporaryFolder } from '../../local/temporaryFolder.ts'
import type * as Running from '../../../client/runProgram.ts'
import { fakeSecurity } from './fakeSecurity.ts'
import { storeBench, thumbprintOf } from './storeBench.ts'

vi.mock('../../../client/runProgram.ts', async (importOriginal) => {
  const { withFakeSecurity } = await import('./fakeSecurity.ts')
  return withFakeSecurity(await importOriginal<typeof Running>())
})

const { certify, issuer, renew } = storeBench()

const bench = async (changes: Partial<KeychainStoreOptions> = {}) => {
  const security = await fakeSecurity()
  const folder = join(await temporaryFolder(), 'Ada Lovelace', 'vpn')
  const options: KeychainStoreOptions = {
    keyAlgorithm: 'P-256',
    reusesKey: false,
    program: undefined,
    machine: security.machine,
    ...changes,
  }
  const store = keychainStore(folder, options)
  return { ...security, folder, options, store }
}

const issuers = [thumbprintOf(issuer)]

describe('keychainStore(), by a fake of security(1)', () => {
  it.each(['P-256', 'P-384', 'RSA-2048'] as const)(
    'puts a key of the kind %s into the keychain, and leaves none in the folder',
    async (keyAlgorithm) => {
      const { folder, store, keychain, called, machine } = await bench({
        keyAlgorithm,
        program: '/Apps/My VPN',
      })
      expect(await store.held()).toBeUndefined()
      const { key, certificate, thumbprint } = await renew(store)
      expect((await store.held())?.certificate).toBe(certificate.certificate)
      expect((await heldIn(folder, machine).held())?.key.publicKey.equals(key.publicKey)).toBe(true)
      expect(keychain()).toEqual({
        keys: [keySha256(key).toString('hex')],
        certificates: [...issuers, thumbprint],
      })
      expect((await readdir(folder)).toSorted()).toEqual([
        'certificate.pem',
        'certificates.json',
        'chain.pem',
        'current',
        'generations',
      ])
      const imports = called().filter(([verb]) => verb === 'import')
      expect(imports).toEqual([
        ['import', expect.stringContaining(folder), '-t', 'agg', '-f', 'pemseq', '-x', '-T', '/Apps/My VPN'],
      ])
    },
  )

  it('keeps the one before until the next, and removes no other but its own', async () => {
    const { store, keychain } = await bench()
    const thumbprints = []
    for (const minutes of [0, 30, 50]) thumbprints.push((await renew(store, minutes)).thumbprint)
    expect(keychain()).toMatchObject({ certificates: [...issuers, ...thumbprints.slice(1)] })
    const { thumbprint } = await renew(store, 200)
    expect(keychain()).toEqual({
      keys: [expect.any(String)],
      certificates: [...issuers, thumbprint],
    })
  })

  it('imports a key once where it is to stay, and makes the next request without it', async () => {
    const { store, keychain } = await bench({ reusesKey: true })
    const [first, second, third] = [await renew(store), await renew(store, 30), await renew(store, 120)]
    expect(second.key.publicKey.equals(first.key.publicKey)).toBe(true)
    expect(keychain()).toEqual({
      keys: [keySha256(first.key).toString('hex')],
      certificates: [...issuers, third.thumbprint],
    })
    expect((await store.held())?.certificate).toBe(third.certificate.certificate)
  })

  it('finds the key again that an interrupted enrollment left, and that a keychain has without its certificate', async () => {
    const { store, options, folder, mark, root, keychain, called } = await bench()
    const key = await store.pendingKey()
    expect((await keychainStore(folder, options).pendingKey()).publicKey.equals(key.publicKey)).toBe(true)
    mark('crash')
    const certificate = certify(key)
    await store.accept(certificate, key)
    expect(called().filter(([verb]) => verb === 'import')).toHaveLength(2)
    await rm(join(root, 'crash'))
    const next = await renew(store, 30)
    expect(next.key.publicKey.equals(key.publicKey)).toBe(false)
    expect((await store.held())?.certificate).toBe(next.certificate.certificate)
    expect(keychain().keys).toHaveLength(2)
  })

  it('tells what security says, such as of a keychain that is locked', async () => {
    const { store, mark, folder } = await bench()
    const key = await store.pendingKey()
    mark('locked')
    await expect(store.accept(certify(key), key)).toRefuse(
      'certificate-store-refused',
      /Cannot use the keychain: security find-certificate ended with 1: security: .*User interaction is not allowed\.$/,
    )
    expect(await readFile(join(folder, 'pending-key.pem'), 'utf8')).toContain('PRIVATE KEY')
  })

  it('puts a certificate into the keychain once it is unlocked, with no other token', async () => {
    const { store, mark, root, keychain } = await bench()
    const key = await store.pendingKey()
    mark('locked')
    await expect(store.accept(certify(key), key)).toRefuse('certificate-store-refused')
    await rm(join(root, 'locked'))
    const settling = {
      now: new Date('2026-03-02T10:00:00Z'),
      exclusively: <T>(act: () => Promise<T>) => act(),
    }
    const settled = await store.settle(settling)
    expect((await store.held())?.certificate).toBe(settled?.certificate)
    expect(keychain().certificates).toEqual([...issuers, thumbprintOf(settled?.certificate ?? '')])
    expect(await store.settle(settling)).toBeUndefined()
  })

  it('holds no certificate that it did not put into the keychain itself, and takes no list that others could have written', async () => {
    const { store, folder } = await bench()
    await renew(store)
    const file = join(folder, 'certificates.json')
    await writeFile(file, '{"platform":"keychain","certificates":[]}', { mode: 0o600 })
    expect(await store.held()).toBeUndefined()
    await chmod(file, 0o664)
    await expect(store.held()).toRefuse('certificate-store-refused', /its mode is 0664/)
  })

  it('knows that somebody removed the certificate', async () => {
    const { store, machine, folder, root } = await bench()
    await renew(store)
    await rm(join(root, 'keychain.json'))
    expect(await store.held()).toBeUndefined()
    expect(await heldIn(folder, machine).held()).toBeUndefined()
  })

  it('refuses a kind of key that keychains do not take', async () => {
    await expect(bench({ keyAlgorithm: 'Ed25519' })).toRefuse('usage-wrong', /takes no Ed25519/)
  })
})
