import { spawnSync } from 'node:child_process'
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { keyFound } from '../../../client/check/keyFound.ts'
import { softwareKeys } from '../../../client/credential/clientKey.ts'
import { credentialFolder } from '../../../client/credential/credentialFolder.ts'
import { pkcs11KeyIn } from '../../../client/credential/pkcs11Key.ts'
import { pkcs11Keys } from '../../../client/credential/pkcs11Keys.ts'
import { publicKeyIn } from '../../../client/credential/publicKeyIn.ts'
import { tpm2Keys } from '../../../client/credential/tpm2Keys.ts'
import { decodeCsr } from '../../../lib/x509/decodeCsr.ts'
import { verifyCsr } from '../../../lib/x509/verifyCsr.ts'
import { temporaryFolder } from '../../local/temporaryFolder.ts'
import { testAuthority } from '../testAuthority.ts'
import { hasSoftToken, type SoftToken, softToken } from './softToken.ts'

const authority = testAuthority()
let folder: string
let soft: SoftToken
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mayfly-softhsm-'))
  if (hasSoftToken) soft = await softToken(folder)
})
afterAll(() => rm(folder, { recursive: true }))

const keysOf = (changes: Partial<SoftToken['place']> = {}) =>
  pkcs11Keys('P-256', { ...soft.place, ...changes }, soft.machine)

/** Renews the credential of a folder. */
const renewer = (path: string, reusesKey = false) => {
  const store = credentialFolder(path, { keys: keysOf(), reusesKey })
  const [notBefore, notAfter] = ['2026-03-02T09:55:00Z', '2026-03-02T10:59:59Z']
  const more = { serialNumber: '01', notBefore, notAfter, renewal: { start: notBefore, end: notAfter } }
  return async () => {
    const key = await store.pendingKey()
    const certificate = authority.leaf(key.publicKey.export({ format: 'der', type: 'spki' }))
    await store.accept({ certificate, chain: [authority.issuer], ...more }, key)
    return key
  }
}

const hasEngine = spawnSync('openssl', ['engine', 'pkcs11']).status === 0

describe.runIf(hasSoftToken)('a key of a PKCS#11 token, by SoftHSM and pkcs11-tool', () => {
  it.each(['P-256', 'P-384', 'RSA-2048', 'RSA-3072', 'RSA-4096'] as const)(
    'makes requests of the kind %s that the service takes, and opens again as it was',
    async (algorithm) => {
      const keys = pkcs11Keys(algorithm, soft.place, soft.machine)
      const key = await keys.make()
      const { publicKey } = verifyCsr(decodeCsr(await key.makeCsr()))
      expect(Buffer.from(publicKey.spki)).toEqual(key.publicKey.export({ format: 'der', type: 'spki' }))
      expect((await keys.open(key.pem))?.publicKey.equals(key.publicKey)).toBe(true)
      expect(publicKeyIn(key.pem)?.equals(key.publicKey)).toBe(true)
      const others = [
        softwareKeys(algorithm),
        tpm2Keys('P-256', soft.machine),
        pkcs11Keys(algorithm === 'P-256' ? 'P-384' : 'P-256', soft.place, soft.machine),
        pkcs11Keys(algorithm, { ...soft.place, token: 'another' }, soft.machine),
      ]
      for (const other of others) expect(await other.open(key.pem)).toBeUndefined()
      expect(await keys.open((await softwareKeys(algorithm).make()).pem)).toBeUndefined()
      const { id = '' } = pkcs11KeyIn(key.pem) ?? {}
      expect(soft.run('-O', '--type', 'privkey', '--id', id)).toMatch(/never extractable/)
    },
  )

  it.runIf(hasEngine)('is opened by the engine of OpenSSL, by the URI in key.pem', async () => {
    const key = await keysOf().make()
    const [uri = ''] = key.pem.split('\n')
    const env = { ...soft.machine.environment, PKCS11_MODULE_PATH: soft.place.module }
    const words = ['req', '-new', '-engine', 'pkcs11', '-keyform', 'engine', '-key', uri, '-subj', '/']
    const { stdout, stderr } = spawnSync('openssl', words, { env })
    const { publicKey } = verifyCsr(decodeCsr(stdout))
    expect(Buffer.from(publicKey.spki), stderr.toString()).toEqual(
      key.publicKey.export({ format: 'der', type: 'spki' }),
    )
  })

  it('goes with its generation, and no other key does', async () => {
    soft.run('--keypairgen', '--key-type', 'EC:prime256v1', '--id', 'a1', '--label', 'mayfly')
    const [one, other] = [renewer(join(folder, 'one')), renewer(join(folder, 'other'))]
    await other()
    const before = soft.labels()
    const keys = [await one(), await one(), await one(), await one(), await one()]
    const labels = new Set(keys.map(({ pem }) => pkcs11KeyIn(pem)?.label))
    expect(labels.size).toBe(1)
    const [own = ''] = labels
    // That before, that in use, and one whose generation went after it was listed.
    expect(soft.labels()).toEqual([...before, own, own, own].toSorted())
    for (const key of keys.slice(-2)) await expect(key.makeCsr()).resolves.toBeInstanceOf(Uint8Array)
    for (const key of keys.slice(0, 2))
      await expect(key.makeCsr()).toRefuse(
        'key-file-refused',
        /no longer on the token .*; remove pending-key\.pem/,
      )
  })

  it('does not stay on the token where a crash came before it was in its folder', async () => {
    const [path, before] = [join(folder, 'ended'), soft.labels()]
    await mkdir(path, { mode: 0o700 })
    for (const keys of [keysOf(), keysOf(), keysOf()]) await keys.make([], path)
    expect(soft.labels()).toHaveLength(before.length + 1)
    await renewer(path)()
    expect(soft.labels()).toHaveLength(before.length + 1)
  })

  it('stays where it is reused, and its folder is read without the token', async () => {
    const path = join(folder, 'reused')
    const renew = renewer(path, true)
    const first = await renew()
    const labels = soft.labels()
    expect((await renew()).pem).toBe(first.pem)
    expect(soft.labels()).toEqual(labels)
    expect((await credentialFolder(path).held())?.key.publicKey.equals(first.publicKey)).toBe(true)
    expect(await readdir(path)).not.toContain('pending-key.pem')
  })

  it('is reached without its PIN in an argument', async () => {
    await (await keysOf().make()).makeCsr()
    const calls = await soft.calls()
    expect(calls.filter((call) => call.includes('--sign')).length).toBeGreaterThan(0)
    expect(
      calls.filter((call) => call.includes('--login')).every((call) => call.includes('--pin env:MAYFLY_PIN')),
    ).toBe(true)
    expect(calls.filter((call) => call.includes(soft.pin))).toEqual([])
  })

  it('is not asked for twice with a PIN that the token did not take', async () => {
    const pinFile = join(await temporaryFolder(), 'pin')
    await writeFile(pinFile, 'wrong-one', { mode: 0o600 })
    const keys = keysOf({ pinFile })
    await expect(keys.make()).toRefuse('key-provider-failed', /CKR_PIN_INCORRECT/)
    const called = (await soft.calls()).length
    await expect(keys.make()).toRefuse(
      'key-provider-failed',
      /did not take the PIN in .*, which is the same still/,
    )
    expect(await soft.calls()).toHaveLength(called)
    await writeFile(pinFile, soft.pin)
    expect((await keys.make()).pem).toMatch(/^pkcs11:token=Token%20f%C3%BCr%20ada;id=%/)
  })

  it('tells that there is no such token, or no such library', async () => {
    await expect(keysOf({ token: 'none' }).make()).toRefuse(
      'key-provider-failed',
      /"none": there is none of that label/,
    )
    const missing = keysOf({ module: join(folder, 'none.so') }).make()
    await expect(missing).toRefuse('path-shared', /the PKCS#11 module .*: it cannot be found/)
  })

  it('is not made to find out whether one can be: the token is logged in to', async () => {
    const { module: pkcs11Module, token, pinFile: pkcs11PinFile } = soft.place
    const making = { keyAlgorithm: undefined, keyProvider: 'pkcs11', store: undefined } as const
    const settings = { ...making, pkcs11Module, pkcs11PinFile }
    const labels = soft.labels()
    const found = await keyFound({ ...settings, pkcs11Token: token }, soft.machine)
    expect(found).toMatchObject({ status: 'ok', detail: `the token "${token}" is there, and takes the PIN` })
    expect(soft.labels()).toEqual(labels)
    const none = keyFound({ ...settings, pkcs11Token: 'none' }, soft.machine)
    await expect(none).toRefuse('key-provider-failed', /none of that label/)
  })

  it('is not reached by a library that others could have replaced', async () => {
    const module = join(await temporaryFolder(), 'module.so')
    await writeFile(module, '')
    await chmod(module, 0o666)
    await expect(keysOf({ module }).make()).toRefuse('path-shared', /others can write to it/)
  })
})

/** A pkcs11-tool that lists what it is told, and notes how it is called. */
const fakeTool = async (slots: string, objects = '') => {
  const at = await temporaryFolder()
  const [pinFile, module, log] = ['pin', 'module.so', 'log'].map((name) => join(at, name)) as [
    string,
    string,
    string,
  ]
  await writeFile(pinFile, '1234', { mode: 0o600 })
  for (const file of [module, log]) await writeFile(file, '')
  const script = `#!/bin/sh
echo "$*" >>'${log}'
case "$*" in
*--list-token-slots*) cat <<'END'
${slots}
END
;;
*--list-objects*) id=$(sed -n 's/.*--keypairgen.* --id \\([^ ]*\\).*/\\1/p' '${log}'); cat <<END
${objects}
END
;;
esac
`
  await writeFile(join(at, 'pkcs11-tool'), script, { mode: 0o755 })
  const environment = { PATH: `${at}:${process.env['PATH']}` }
  const keys = pkcs11Keys('P-256', { module, token: 'ada', pinFile }, { platform: 'linux', environment })
  return { keys, calls: async () => (await readFile(log, 'utf8')).trimEnd().split('\n') }
}

const slot = (flags: string) =>
  `Slot 0 (0x1): a reader\n  token label        : ada\n  token flags        : login required, ${flags}`

describe.skipIf(process.platform === 'win32')('pkcs11Keys()', () => {
  it.each(['final user PIN try', 'user PIN locked'])(
    'does not log in where the token says "%s"',
    async (flag) => {
      const { keys, calls } = await fakeTool(slot(flag))
      await expect(keys.make()).toRefuse('key-provider-failed', new RegExp(`it says "${flag}"`))
      expect((await calls()).filter((call) => call.includes('--login'))).toEqual([])
    },
  )

  it('does not choose between tokens of one label', async () => {
    const { keys } = await fakeTool(`${slot('rng')}\n${slot('rng')}`)
    await expect(keys.make()).toRefuse('key-provider-failed', /there are 2 of that label/)
  })

  it('takes no key that the token would give away, and leaves none there', async () => {
    const object =
      'Private Key Object; EC\n  label:      x\n  ID:         $id\n  Access:     sensitive, local'
    const { keys, calls } = await fakeTool(slot('rng'), object)
    await expect(keys.make()).toRefuse('key-provider-failed', /keys that can be taken out of it/)
    expect((await calls()).at(-1)).toMatch(/--delete-object --type privkey --label x --id [\da-f]{32}$/)
  })

  const place = { module: '/nowhere', token: 'ada', pinFile: '/nowhere' }

  it('refuses a kind of key that tokens are not asked for, and Windows', () => {
    const linux = () => pkcs11Keys('Ed25519', place, { platform: 'linux', environment: {} })
    expect(linux).toRefuse('usage-wrong', /it makes P-256, P-384, RSA-2048, RSA-3072, RSA-4096, not Ed25519/)
    const windows = () => pkcs11Keys('P-256', place, { platform: 'win32', environment: {} })
    expect(windows).toRefuse('usage-wrong', /--store windows/)
  })
})
