import { createPrivateKey, generateKeyPairSync, type KeyObject, X509Certificate } from 'node:crypto'
import {
  chmod,
  chown,
  mkdir,
  readFile,
  readdir,
  readlink,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { ClientKey } from '../../../client/credential/clientKey.ts'
import { type CredentialFolder, credentialFolder } from '../../../client/credential/credentialFolder.ts'
import type { ClientCertificate } from '../../../client/clientCertificate.ts'
import { openssl } from '../../openssl.ts'
import { temporaryFolder } from '../../local/temporaryFolder.ts'
import { testAuthority } from '../testAuthority.ts'

/** A folder that does not exist yet. */
const newFolder = async () => join(await temporaryFolder(), 'ada')

const certificateOf = (name: string): ClientCertificate => ({
  certificate: `certificate of ${name}\n`,
  chain: [`issuer of ${name}\n`, `another of ${name}\n`],
  serialNumber: '01',
  notBefore: '2026-03-02T10:00:00Z',
  notAfter: '2026-03-02T11:00:00Z',
  renewal: { start: '2026-03-02T10:30:00Z', end: '2026-03-02T10:45:00Z' },
})

const pkcs8 = (key: KeyObject): string => key.export({ format: 'pem', type: 'pkcs8' }).toString()

const modeOf = async (path: string): Promise<number> => (await stat(path)).mode & 0o777

describe('pendingKey()', () => {
  it('makes an EC P-256 key and has it on disk before it returns', async () => {
    const folder = await newFolder()
    const key = await credentialFolder(folder).pendingKey()
    expect(key.publicKey.asymmetricKeyDetails).toEqual({ namedCurve: 'prime256v1' })
    expect(await readFile(join(folder, 'pending-key.pem'), 'utf8')).toBe(key.pem)
    expect(await readdir(folder)).toEqual(['pending-key.pem'])
  })

  it.skipIf(process.platform === 'win32')('keeps folder and key from everybody else', async () => {
    const folder = await newFolder()
    await credentialFolder(folder).pendingKey()
    expect(await modeOf(folder)).toBe(0o700)
    expect(await modeOf(join(folder, 'pending-key.pem'))).toBe(0o600)
  })

  it('returns the key that an interrupted enrollment left behind', async () => {
    const folder = await newFolder()
    const first = await credentialFolder(folder).pendingKey()
    const second = await credentialFolder(folder).pendingKey()
    expect(second.pem).toBe(first.pem)
  })

  it('makes a new key once the last one has its certificate', async () => {
    const folder = credentialFolder(await newFolder())
    const first = await folder.pendingKey()
    await folder.accept(certificateOf('ada'), first)
    expect((await folder.pendingKey()).pem).not.toBe(first.pem)
  })

  it.each([
    ['garbage', 'garbage'],
    ['an empty file', ''],
    ['an RSA key', pkcs8(generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey)],
    ['a P-384 key', pkcs8(generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey)],
    [
      'a public key',
      generateKeyPairSync('ed25519').publicKey.export({ format: 'pem', type: 'spki' }).toString(),
    ],
  ])('tells what to do about %s in its place', async (_, content) => {
    const folder = await temporaryFolder()
    const file = join(folder, 'pending-key.pem')
    await writeFile(file, content, { mode: 0o600 })
    const pending = credentialFolder(folder).pendingKey()
    await expect(pending).toRefuse(
      'key-file-refused',
      /pending-key\.pem: it is (not a PKCS#8 PEM file|a key of another kind; remove it to start with a new one)\.$/,
    )
    expect(await readFile(file, 'utf8')).toBe(content)
  })

  it.skipIf(process.platform === 'win32')(
    'does not take a key that others could have planted or read',
    async () => {
      const folder = await temporaryFolder()
      const planted = pkcs8(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey)
      await writeFile(join(folder, 'pending-key.pem'), planted, { mode: 0o644 })
      await expect(credentialFolder(folder).pendingKey()).toRefuse('key-file-refused', /its mode is 0644/)
      await chmod(join(folder, 'pending-key.pem'), 0o600)
      await chmod(folder, 0o777)
      await expect(credentialFolder(folder).pendingKey()).toRefuse('key-file-refused', /others can write/)
      await chmod(folder, 0o755)
      expect((await credentialFolder(folder).pendingKey()).pem).toBe(planted)
    },
  )

  it.skipIf(process.getuid?.() !== 0)('does not use a folder that belongs to somebody else', async () => {
    const folder = await temporaryFolder()
    await chown(folder, 65_534, 65_534)
    await expect(credentialFolder(folder).pendingKey()).toRefuse('key-file-refused', /others can write/)
  })

  it('tells what to do about a file that cannot be read', async () => {
    const folder = await temporaryFolder()
    await mkdir(join(folder, 'pending-key.pem'))
    await expect(credentialFolder(folder).pendingKey()).toRefuse('key-file-refused', /not a regular file/)
  })
})

const authority = testAuthority()

/** A certificate for a key. */
const pairOf = (name: string, { publicKey }: ClientKey): ClientCertificate => ({
  ...certificateOf(name),
  certificate: authority.leaf(publicKey.export({ format: 'der', type: 'spki' })),
})

describe('accept()', () => {
  it('puts key, certificate and chain in place, and keeps those before until the next', async () => {
    const path = await newFolder()
    const folder = credentialFolder(path)
    for (const name of ['ada', 'grace', 'mary']) {
      const key = await folder.pendingKey()
      await folder.accept(certificateOf(name), key)
      expect(await readFile(folder.files.key, 'utf8')).toBe(key.pem)
      expect(await readFile(folder.files.certificate, 'utf8')).toBe(`certificate of ${name}\n`)
      expect(await readFile(folder.files.chain, 'utf8')).toBe(`issuer of ${name}\nanother of ${name}\n`)
    }
    const left = ['certificate.pem', 'chain.pem', 'current', 'generations', 'key.pem']
    expect((await readdir(path)).sort()).toEqual(left)
    expect((await readdir(join(path, 'generations'))).sort()).toEqual(['00000002', '00000003'])
    const before = join(path, 'generations', '00000002', 'certificate.pem')
    expect(await readFile(before, 'utf8')).toBe('certificate of grace\n')
  })

  it.skipIf(process.platform === 'win32')('goes on where somebody let `current` lead elsewhere', async () => {
    const path = await newFolder()
    const folder = credentialFolder(path)
    await folder.accept(certificateOf('ada'), await folder.pendingKey())
    await rm(join(path, 'current'))
    await symlink(path, join(path, 'current'))
    await folder.accept(certificateOf('grace'), await folder.pendingKey())
    expect(await readlink(join(path, 'current'))).toBe(join('generations', '00000002'))
    expect(await readFile(folder.files.certificate, 'utf8')).toBe('certificate of grace\n')
  })

  it.skipIf(process.platform === 'win32')('keeps the key from everybody else', async () => {
    const folder = credentialFolder(await newFolder())
    await folder.accept(certificateOf('ada'), await folder.pendingKey())
    expect(await modeOf(folder.files.key)).toBe(0o600)
    expect(await modeOf(folder.files.certificate)).toBe(0o644 & ~process.umask())
  })

  it('takes over the plain files of earlier versions, and keeps them until the next', async () => {
    const path = await newFolder()
    const folder = credentialFolder(path)
    const key = await folder.pendingKey()
    const old = { 'key.pem': 'old key', 'certificate.pem': 'old certificate', 'chain.pem': 'old chain' }
    for (const [name, content] of Object.entries(old)) await writeFile(join(path, name), content)
    await folder.accept(certificateOf('ada'), key)
    expect(await readFile(folder.files.key, 'utf8')).toBe(key.pem)
    expect(await readFile(join(path, 'generations', '00000001', 'key.pem'), 'utf8')).toBe('old key')
    expect(await modeOf(join(path, 'generations', '00000001', 'key.pem'))).toBe(0o600)
  })

  it.each(['certificate.pem', 'current'])('keeps the pending key when %s cannot be written', async (name) => {
    const path = await newFolder()
    const folder = credentialFolder(path)
    const key = await folder.pendingKey()
    await mkdir(join(path, name))
    await expect(folder.accept(certificateOf('ada'), key)).rejects.toThrow(/EISDIR|EPERM|EEXIST|ENOTEMPTY/)
    const left = await readdir(path)
    expect(left.filter((file) => file.endsWith('.tmp'))).toEqual([])
    expect((await folder.pendingKey()).pem).toBe(key.pem)
  })
})

describe('held()', () => {
  it('reads the pair in use, and nothing that does not fit', async () => {
    const folder = credentialFolder(await newFolder())
    expect(await folder.held()).toBeUndefined()
    const key = await folder.pendingKey()
    await folder.accept(pairOf('ada', key), key)
    const held = await folder.held()
    expect(held?.key.pem).toBe(key.pem)
    expect(held?.notAfter).toEqual(new X509Certificate(held?.certificate ?? '').validToDate)
    const other = await folder.pendingKey()
    await folder.accept(pairOf('ada', key), other)
    expect(await folder.held()).toBeUndefined()
    await folder.accept(certificateOf('garbage'), other)
    expect(await folder.held()).toBeUndefined()
  })

  it('is in use after a crash between the switch and the end: the pending key is not used again', async () => {
    const path = await newFolder()
    const folder = credentialFolder(path)
    const key = await folder.pendingKey()
    await folder.accept(pairOf('ada', key), key)
    await writeFile(join(path, 'pending-key.pem'), key.pem, { mode: 0o600 })
    expect((await folder.pendingKey()).pem).not.toBe(key.pem)
  })
})

describe('credential.p12', () => {
  /** A folder of a credential with PKCS#12, and its password in a file. */
  const withPassword = async () => {
    const [path, file] = [await newFolder(), join(await temporaryFolder(), 'password')]
    await writeFile(file, 'first', { mode: 0o600 })
    return { path, file, folder: credentialFolder(path, { pkcs12Password: file }) }
  }

  const renew = async (folder: CredentialFolder) => {
    const key = await folder.pendingKey()
    await folder.accept({ ...pairOf('ada', key), chain: [authority.issuer] }, key)
    return key
  }

  const keyIn = (file: string, password: string): KeyObject =>
    createPrivateKey(openssl(['pkcs12', '-in', file, '-passin', `pass:${password}`, '-nocerts', '-nodes']))

  it('holds the key of each generation, for its owner alone, by the password of its time', async () => {
    const { path, file, folder } = await withPassword()
    const first = await renew(folder)
    await writeFile(file, 'second\n')
    const second = await renew(folder)
    const [p12 = '', before] = [folder.files.pkcs12, join(path, 'generations', '00000001', 'credential.p12')]
    expect(p12).toBe(join(path, 'credential.p12'))
    expect(keyIn(p12, 'second').equals(createPrivateKey(second.pem))).toBe(true)
    expect(keyIn(before, 'first').equals(createPrivateKey(first.pem))).toBe(true)
    if (process.platform !== 'win32') expect(await modeOf(p12)).toBe(0o600)
    expect(openssl(['pkcs12', '-in', p12, '-passin', 'pass:second', '-nokeys']).toString()).toMatch(
      /friendlyName: ada\n/,
    )
  })

  it('goes with the option, and a file of somebody else under its name stays', async () => {
    const { path, folder } = await withPassword()
    await renew(folder)
    await renew(credentialFolder(path))
    expect(await readdir(path)).not.toContain('credential.p12')
    await writeFile(join(path, 'credential.p12'), 'of somebody else')
    if (process.platform === 'win32') return
    await renew(credentialFolder(path))
    expect(await readFile(join(path, 'credential.p12'), 'utf8')).toBe('of somebody else')
  })

  it('is told of before there is a key, where its password cannot be read', async () => {
    const { path, file, folder } = await withPassword()
    await writeFile(file, '')
    await expect(folder.pendingKey()).toRefuse('secret-file-refused', /it is empty/)
    expect(await readdir(path)).toEqual([])
  })
})
