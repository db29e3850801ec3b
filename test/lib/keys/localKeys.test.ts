import { spawnSync } from 'node:child_process'
import { createPrivateKey, generateKeyPairSync } from 'node:crypto'
import { existsSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { Refusal } from '../../../lib/errors/refusal.ts'
import { localKeys } from '../../../lib/keys/localKeys.ts'
import type { KeyProvider } from '../../../lib/keys/signer.ts'
import { openssl } from '../../openssl.ts'
import { keyProviderContract } from './contract.ts'

const windows = process.platform === 'win32'

const isRoot = process.getuid?.() === 0

let folder: string
let keys: KeyProvider
const fileOf = (name: string) => join(folder, `${name}.pem`)
const modeOf = async (path: string) => ((await stat(path)).mode & 0o777).toString(8)

beforeEach(async () => {
  const parent = await mkdtemp(join(tmpdir(), 'mayfly-keys-'))
  onTestFinished(() => rm(parent, { recursive: true }))
  folder = join(parent, 'deeper', 'keys')
  keys = localKeys(folder)
})

/** Writes a key file of that text and mode, without Mayfly's help. */
const plant = async (text: string, mode = 0o600): Promise<void> => {
  await mkdir(folder, { recursive: true })
  await writeFile(fileOf('planted'), text)
  await chmod(fileOf('planted'), mode)
}

const pkcs8 = (key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey): string =>
  key.export({ format: 'pem', type: 'pkcs8' }).toString()

describe('localKeys()', () => {
  keyProviderContract({
    make: () => Promise.resolve([keys, localKeys(folder)]),
    missing: (reference) => `${reference}-missing`,
    refusals: { missing: 'key-file-refused', otherAlgorithm: 'key-file-refused' },
  })
})

describe('localKeys().create()', () => {
  it('writes one PKCS#8 PEM file and nothing else', async () => {
    expect(await keys.create('contoso.root-1', 'ES256')).toBe('local:contoso.root-1')
    expect(await readdir(folder)).toEqual(['contoso.root-1.pem'])
    const text = await readFile(fileOf('contoso.root-1'), 'utf8')
    expect(text).toMatch(/^-----BEGIN PRIVATE KEY-----\n/)
    expect(createPrivateKey(text).asymmetricKeyDetails?.namedCurve).toBe('prime256v1')
  })

  it.skipIf(windows)('gives the file mode 0600 and the folder mode 0700, whatever the umask', async () => {
    const before = process.umask(0)
    onTestFinished(() => void process.umask(before))
    await keys.create('a', 'ES256')
    expect([await modeOf(fileOf('a')), await modeOf(folder)]).toEqual(['600', '700'])
  })

  it('keeps the key that is there', async () => {
    const reference = await keys.create('a', 'ES256')
    const text = await readFile(fileOf('a'), 'utf8')
    expect(await keys.create('a', 'ES256')).toBe(reference)
    expect(await readFile(fileOf('a'), 'utf8')).toBe(text)
    expect(await readdir(folder)).toEqual(['a.pem'])
  })

  it('refuses a key that is there for another algorithm', async () => {
    await keys.create('a', 'ES256')
    const text = await readFile(fileOf('a'), 'utf8')
    for (const algorithm of ['ES384', 'RS256'] as const) {
      await expect(keys.create('a', algorithm)).toRefuse('key-file-refused', /its key is not for/)
    }
    expect(await readFile(fileOf('a'), 'utf8')).toBe(text)
    expect(await readdir(folder)).toEqual(['a.pem'])
  })

  it('refuses a file that is there and is not a key', async () => {
    await plant('garbage')
    await expect(keys.create('planted', 'ES256')).toRefuse('key-file-refused', /not a PKCS#8 PEM file/)
    expect(await readFile(fileOf('planted'), 'utf8')).toBe('garbage')
  })

  it('ends with one key when several create it at once', async () => {
    const references = await Promise.all(Array.from({ length: 8 }, () => keys.create('a', 'ES256')))
    expect(new Set(references)).toEqual(new Set(['local:a']))
    expect(await readdir(folder)).toEqual(['a.pem'])
    await expect(keys.open('local:a')).resolves.toBeDefined()
  })

  it.each([
    '',
    '.',
    '..',
    '../a',
    'a/b',
    'a\\b',
    '/etc/passwd',
    '.hidden',
    '-a',
    'A',
    'a b',
    'a\0',
    'a\n',
    'é',
    'C:a',
    'a'.repeat(128),
  ])('refuses the name %j', async (name) => {
    await expect(keys.create(name, 'ES256')).toRefuse('key-file-refused', /its name is not allowed/)
    await expect(keys.open(`local:${name}`)).toRefuse('key-file-refused', /its name is not allowed/)
    expect(existsSync(folder)).toBe(false)
  })

  it('takes a name of 127 characters', async () => {
    const name = 'a'.repeat(127)
    expect(await keys.create(name, 'ES256')).toBe(`local:${name}`)
  })
})

describe('localKeys().open()', () => {
  it('opens a PKCS#8 file that openssl made', async () => {
    await plant(openssl(['genpkey', '-algorithm', 'EC', '-pkeyopt', 'group:P-384']).toString())
    expect((await keys.open('local:planted')).algorithm).toBe('ES384')
  })

  it.each(['', 'a', 'LOCAL:a', 'https://vault.example/keys/a/1', 'file:a'])(
    'refuses the reference %j of another provider',
    async (reference) => {
      await expect(keys.open(reference)).toRefuse('signer-refused', /local keys only/)
    },
  )

  it('refuses a key that does not exist', async () => {
    await expect(keys.open('local:missing')).toRefuse('key-file-refused', /it does not exist/)
  })

  it.skipIf(windows).each(['0640', '0604', '0660', '0610', '0601', '0644', '0777'])(
    'refuses a file of mode %s, which others could read or replace',
    async (mode) => {
      await plant(pkcs8(), Number.parseInt(mode, 8))
      await expect(keys.open('local:planted')).toRefuse(
        'key-file-refused',
        new RegExp(`its mode is ${mode}, not 0600`),
      )
    },
  )

  it.skipIf(windows).each(['0600', '0400'])('opens a file of mode %s', async (mode) => {
    await plant(pkcs8(), Number.parseInt(mode, 8))
    await expect(keys.open('local:planted')).resolves.toBeDefined()
  })

  it.skipIf(windows)('refuses a symbolic link, even to a good key', async () => {
    await keys.create('a', 'ES256')
    await symlink(fileOf('a'), fileOf('link'))
    await expect(keys.open('local:link')).toRefuse('key-file-refused', /cannot be opened \(ELOOP\)/)
    await expect(keys.create('link', 'ES256')).toRefuse('key-file-refused', /cannot be opened \(ELOOP\)/)
  })

  it.skipIf(windows)('refuses a symbolic link to nothing, and does not create what it names', async () => {
    await mkdir(folder, { recursive: true })
    await symlink(join(folder, 'elsewhere'), fileOf('link'))
    await expect(keys.create('link', 'ES256')).toRefuse('key-file-refused')
    expect(await readdir(folder)).toEqual(['link.pem'])
  })

  it('refuses a folder', async () => {
    await mkdir(fileOf('folder'), { recursive: true })
    await expect(keys.open('local:folder')).toRefuse('key-file-refused')
  })

  it.skipIf(windows)('refuses a pipe, instead of waiting for its other end', async () => {
    await mkdir(folder, { recursive: true })
    expect(spawnSync('mkfifo', ['-m', '0600', fileOf('pipe')]).status).toBe(0)
    await expect(keys.open('local:pipe')).toRefuse('key-file-refused', /not a regular file/)
  })

  it.skipIf(windows || !isRoot)('refuses a file that belongs to another user', async () => {
    await plant(pkcs8())
    expect(spawnSync('chown', ['65534', fileOf('planted')]).status).toBe(0)
    await expect(keys.open('local:planted')).toRefuse('key-file-refused', /belongs to another user/)
  })

  it.skipIf(windows || isRoot)('refuses a file that this user may not read', async () => {
    await plant(pkcs8(), 0o000)
    await expect(keys.open('local:planted')).toRefuse('key-file-refused', /cannot be opened \(EACCES\)/)
  })

  it.each([
    ['nothing', ''],
    ['garbage', 'c2VjcmV0 secret'],
    ['a PEM frame around garbage', '-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n'],
    ['a key that is cut', pkcs8().replace(/\n.*\n-----END/, '\n-----END')],
    [
      'a public key',
      generateKeyPairSync('ed25519').publicKey.export({ format: 'pem', type: 'spki' }).toString(),
    ],
    [
      'a key with a passphrase',
      generateKeyPairSync('ed25519')
        .privateKey.export({ format: 'pem', type: 'pkcs8', cipher: 'aes-256-cbc', passphrase: 'x' })
        .toString(),
    ],
  ])('refuses %s without quoting it, in the message or in the cause', async (_what, text) => {
    await plant(text)
    const refusal: unknown = await keys.open('local:planted').catch((error: unknown) => error)
    if (!(refusal instanceof Refusal)) throw new Error('Nothing was refused.')
    expect(refusal.code).toBe('key-file-refused')
    expect(refusal.detail).toBe(`Cannot use the key file ${fileOf('planted')}: it is not a PKCS#8 PEM file.`)
    expect(refusal.cause).toBeUndefined()
  })

  it('refuses a file of more than 16 KiB', async () => {
    await plant(pkcs8() + ' '.repeat(16 * 1024))
    await expect(keys.open('local:planted')).toRefuse('key-file-refused', /it has \d+ octets/)
  })

  it.each([
    ['Ed25519', () => generateKeyPairSync('ed25519').privateKey],
    ['P-521', () => generateKeyPairSync('ec', { namedCurve: 'P-521' }).privateKey],
    ['secp256k1', () => generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).privateKey],
    ['RSASSA-PSS', () => generateKeyPairSync('rsa-pss', { modulusLength: 2048 }).privateKey],
  ])('refuses a key of %s', async (_what, make) => {
    await plant(pkcs8(make()))
    await expect(keys.open('local:planted')).toRefuse('key-file-refused', /neither EC P-256 or P-384 nor RSA/)
  })
})
