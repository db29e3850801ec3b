import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { chmod, chown, mkdir, open, readFile, readdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { credentialFolder } from '../../client/credentialFolder.ts'
import type { ClientCertificate } from '../../client/clientCertificate.ts'
import { temporaryFolder } from '../local/temporaryFolder.ts'

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

const pem = (key: KeyObject): string => key.export({ format: 'pem', type: 'pkcs8' }).toString()

const modeOf = async (path: string): Promise<number> => (await stat(path)).mode & 0o777

describe('pendingKey()', () => {
  it('makes an EC P-256 key and has it on disk before it returns', async () => {
    const folder = await newFolder()
    const key = await credentialFolder(folder).pendingKey()
    expect(key.asymmetricKeyDetails).toEqual({ namedCurve: 'prime256v1' })
    expect(await readFile(join(folder, 'pending-key.pem'), 'utf8')).toBe(pem(key))
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
    expect(pem(second)).toBe(pem(first))
  })

  it('makes a new key once the last one has its certificate', async () => {
    const folder = credentialFolder(await newFolder())
    const first = await folder.pendingKey()
    await folder.accept(certificateOf('ada'))
    expect(pem(await folder.pendingKey())).not.toBe(pem(first))
  })

  it.each([
    ['garbage', 'garbage'],
    ['an empty file', ''],
    ['an RSA key', pem(generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey)],
    ['a P-384 key', pem(generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey)],
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
      /pending-key\.pem: it is not (a PKCS#8 PEM file|an EC P-256 key; remove it to start with a new one)\.$/,
    )
    expect(await readFile(file, 'utf8')).toBe(content)
  })

  it.skipIf(process.platform === 'win32')(
    'does not take a key that others could have planted or read',
    async () => {
      const folder = await temporaryFolder()
      const planted = pem(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey)
      await writeFile(join(folder, 'pending-key.pem'), planted, { mode: 0o644 })
      await expect(credentialFolder(folder).pendingKey()).toRefuse('key-file-refused', /its mode is 0644/)
      await chmod(join(folder, 'pending-key.pem'), 0o600)
      await chmod(folder, 0o777)
      await expect(credentialFolder(folder).pendingKey()).toRefuse('key-file-refused', /others can write/)
      await chmod(folder, 0o755)
      expect(pem(await credentialFolder(folder).pendingKey())).toBe(planted)
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

describe('accept()', () => {
  it('puts key, certificate and chain in place and leaves nothing else', async () => {
    const path = await newFolder()
    const folder = credentialFolder(path)
    const key = await folder.pendingKey()
    await folder.accept(certificateOf('ada'))
    expect((await readdir(path)).sort()).toEqual(['certificate.pem', 'chain.pem', 'key.pem'])
    expect(pem(createPrivateKey(await readFile(folder.files.key)))).toBe(pem(key))
    expect(await readFile(folder.files.certificate, 'utf8')).toBe('certificate of ada\n')
    expect(await readFile(folder.files.chain, 'utf8')).toBe('issuer of ada\nanother of ada\n')
  })

  it.skipIf(process.platform === 'win32')('keeps the key from everybody else', async () => {
    const folder = credentialFolder(await newFolder())
    await folder.pendingKey()
    await folder.accept(certificateOf('ada'))
    expect(await modeOf(folder.files.key)).toBe(0o600)
    expect(await modeOf(folder.files.certificate)).toBe(0o644 & ~process.umask())
  })

  it('replaces what is there in one step: who has read half of a file gets the old one to its end', async () => {
    const folder = credentialFolder(await newFolder())
    const acceptFor = async (name: string) => {
      const key = await folder.pendingKey()
      await folder.accept(certificateOf(name))
      return pem(key)
    }
    const oldKey = await acceptFor('ada')
    const readers = await Promise.all(Object.values(folder.files).map((file) => open(file)))
    const newKey = await acceptFor('grace')
    const seen = await Promise.all(readers.map((reader) => reader.readFile('utf8')))
    await Promise.all(readers.map((reader) => reader.close()))
    expect(seen).toEqual([oldKey, 'certificate of ada\n', 'issuer of ada\nanother of ada\n'])
    expect(await readFile(folder.files.key, 'utf8')).toBe(newKey)
    expect(await readFile(folder.files.certificate, 'utf8')).toBe('certificate of grace\n')
  })

  it.each(['certificate.pem', 'chain.pem'])(
    'keeps the pending key and leaves no draft when %s cannot be written',
    async (name) => {
      const path = await newFolder()
      const folder = credentialFolder(path)
      const key = await folder.pendingKey()
      await mkdir(join(path, name))
      await expect(folder.accept(certificateOf('ada'))).rejects.toThrow(/EISDIR|EPERM|EEXIST|ENOTEMPTY/)
      const left = await readdir(path)
      expect(left.filter((file) => file.endsWith('.tmp'))).toEqual([])
      expect(left).not.toContain('key.pem')
      expect(pem(await folder.pendingKey())).toBe(pem(key))
    },
  )
})
