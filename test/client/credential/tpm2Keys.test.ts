import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { createHash, X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { keyFound } from '../../../client/check/keyFound.ts'
import { softwareKeys } from '../../../client/credential/clientKey.ts'
import { credentialFolder } from '../../../client/credential/credentialFolder.ts'
import type { KeyMachine } from '../../../client/credential/privateFolder.ts'
import { tpm2Keys } from '../../../client/credential/tpm2Keys.ts'
import { decodeCsr } from '../../../lib/x509/decodeCsr.ts'
import { verifyCsr } from '../../../lib/x509/verifyCsr.ts'
import { freePort, isFree } from '../../../local/freePort.ts'
import { temporaryFolder } from '../../local/temporaryFolder.ts'
import { testAuthority } from '../testAuthority.ts'

const succeeds = (line: string): boolean => spawnSync('sh', ['-c', line]).status === 0
const hasTpm = succeeds(`command -v swtpm && test -e "$(openssl version -m | cut -d'"' -f2)/tpm2.so"`)

const authority = testAuthority()
let machine: KeyMachine
let folder: string
let tpm: ChildProcess

const answers = async (port: number): Promise<boolean> => {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}

/** Finds a free port with a free one behind it: the library takes no other for its control. */
const freePorts = async (): Promise<number> => {
  const port = await freePort()
  return (await isFree(port + 1)) ? port : freePorts()
}

/** Starts a TPM that is a program, as the provider of openssl reaches it. */
beforeAll(async () => {
  if (!hasTpm) return
  folder = await mkdtemp(join(tmpdir(), 'mayfly-swtpm-'))
  const port = await freePorts()
  const control = port + 1
  const words = ['--tpmstate', `dir=${folder}`, '--server', `type=tcp,port=${port}`]
  const more = ['--ctrl', `type=tcp,port=${control}`, '--flags', 'not-need-init,startup-clear']
  tpm = spawn('swtpm', ['socket', '--tpm2', ...words, ...more], { stdio: 'inherit' })
  for (let waited = 0; waited < 25_000 && !(await answers(control)); waited += 50) await sleep(50)
  const TPM2OPENSSL_TCTI = `swtpm:host=127.0.0.1,port=${port}`
  machine = { platform: process.platform, environment: { ...process.env, TPM2OPENSSL_TCTI } }
})

afterAll(async () => {
  if (!hasTpm) return
  const exited = once(tpm, 'exit')
  tpm.kill()
  await exited
  await rm(folder, { recursive: true, force: true })
})

describe.runIf(hasTpm)('a key of a TPM, by swtpm and the provider tpm2 of openssl', () => {
  it.each(['P-256', 'P-384', 'RSA-2048', 'RSA-3072'] as const)(
    'makes requests of the kind %s that the service takes, and opens again as it was',
    async (algorithm) => {
      const keys = tpm2Keys(algorithm, machine)
      const key = await keys.make()
      expect(key.pem).toMatch(/^-----BEGIN TSS2 PRIVATE KEY-----$/m)
      const { publicKey } = verifyCsr(decodeCsr(await key.makeCsr()))
      const spki = key.publicKey.export({ format: 'der', type: 'spki' })
      expect(createHash('sha256').update(publicKey.spki).digest()).toEqual(
        createHash('sha256').update(spki).digest(),
      )
      expect((await keys.open(key.pem))?.publicKey.equals(key.publicKey)).toBe(true)
      expect(await softwareKeys(algorithm).open(key.pem)).toBeUndefined()
      const { pem } = await softwareKeys(algorithm).make()
      expect(await keys.open(pem)).toBeUndefined()
    },
  )

  it('is kept in a folder with its certificate, and read without the TPM', async () => {
    const path = join(await temporaryFolder(), 'ada')
    const store = credentialFolder(path, { keys: tpm2Keys('P-256', machine), machine })
    const key = await store.pendingKey()
    expect((await store.pendingKey()).pem).toBe(key.pem)
    const certificate = authority.leaf(key.publicKey.export({ format: 'der', type: 'spki' }))
    const [notBefore, notAfter] = ['2026-03-02T09:55:00Z', '2026-03-02T10:59:59Z']
    const renewal = { start: notBefore, end: notAfter }
    await store.accept(
      { certificate, chain: [authority.issuer], serialNumber: '01', notBefore, notAfter, renewal },
      key,
    )
    const held = await credentialFolder(path).held()
    expect(held?.key.publicKey.equals(new X509Certificate(certificate).publicKey)).toBe(true)
  })
})

describe('keyFound()', () => {
  const settings = {
    keyAlgorithm: 'P-256',
    keyProvider: 'tpm2',
    store: undefined,
  } as const

  it.runIf(hasTpm)('makes a key by the TPM, and has it sign', async () => {
    const detail = 'P-256 keys can be made (tpm2), and sign'
    expect(await keyFound(settings, machine)).toMatchObject({ status: 'ok', detail })
    const bin = await temporaryFolder()
    const unsigning = `#!/bin/sh\n[ "$1" != req ] || exit 3\nPATH='${process.env['PATH']}' exec openssl "$@"\n`
    await writeFile(join(bin, 'openssl'), unsigning, { mode: 0o755 })
    const found = keyFound(settings, { ...machine, environment: { ...machine.environment, PATH: bin } })
    await expect(found).toRefuse('key-provider-failed', /openssl ended with 3/)
  })

  it('does not try what would leave a key behind', async () => {
    const found = await keyFound({ ...settings, store: 'windows' }, { platform: 'win32', environment: {} })
    expect(found).toMatchObject({
      status: 'not checked',
      detail: 'a key in the store windows would stay there',
    })
  })
})

describe('tpm2Keys()', () => {
  it('refuses a kind of key that TPMs do not make', () => {
    const make = () => tpm2Keys('Ed25519', { platform: 'linux', environment: {} })
    expect(make).toThrow(/a TPM makes P-256, P-384, RSA-2048, RSA-3072, not Ed25519/)
  })

  it('tells how openssl failed where there is no TPM', async () => {
    const nobody = { PATH: process.env['PATH'], TPM2OPENSSL_TCTI: 'swtpm:host=127.0.0.1,port=1' }
    const made = tpm2Keys('P-256', { platform: 'linux', environment: nobody }).make()
    await expect(made).toRefuse(
      'key-provider-failed',
      /openssl ended with 1: genpkey: unable to load provider tpm2|openssl ended with 1: it says/,
    )
  })

  it('tells that there is no openssl', async () => {
    const empty = await temporaryFolder()
    await writeFile(join(empty, 'file'), '')
    const made = tpm2Keys('P-256', { platform: 'linux', environment: { PATH: empty } }).make()
    await expect(made).toRefuse('key-provider-failed', /openssl cannot be run \(ENOENT\)/)
  })
})
