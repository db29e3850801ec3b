import { X509Certificate } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { credentialStoreOf } from '../../../cli/client/credentialStoreOf.ts'
import { obtainCertificate } from '../../../client/agent/obtainCertificate.ts'
import type { KeySettings } from '../../../client/credential/keySettings.ts'
import type { KeyMachine } from '../../../client/credential/privateFolder.ts'
import type * as Running from '../../../client/runProgram.ts'
import { fakeSecurity } from '../../client/store/fakeSecurity.ts'
import { hasPowerShell } from '../../client/powerShellServer.ts'
import { windowsMachine } from '../../client/store/windowsMachine.ts'
import { type LocalStack, startLocalStack } from '../../e2e/localStack.ts'
import { temporaryFolder } from '../../local/temporaryFolder.ts'

vi.mock('../../../client/runProgram.ts', async (importOriginal) => {
  const { withFakeSecurity } = await import('../../client/store/fakeSecurity.ts')
  return withFakeSecurity(await importOriginal<typeof Running>())
})

const settings: KeySettings = {
  keyAlgorithm: undefined,
  keyProvider: undefined,
  reuseKey: false,
  store: undefined,
  keychainProgram: undefined,
  pkcs12Password: undefined,
  pkcs11Module: undefined,
  pkcs11Token: undefined,
  pkcs11PinFile: undefined,
}

const open = (folder: string, changes: Partial<KeySettings>, machine?: KeyMachine) => {
  const told: string[] = []
  const notice = (text: string) => void told.push(text)
  return { told, store: credentialStoreOf(folder, { ...settings, ...changes }, { notice }, machine) }
}

let stack: LocalStack

beforeAll(async () => {
  stack = await startLocalStack()
})

afterAll(() => stack.stop())

/** Gets a certificate of the service for a store. */
const enroll = (store: ReturnType<typeof credentialStoreOf>) =>
  obtainCertificate({
    url: stack.url,
    tenant: 'contoso',
    token: { kind: 'command', answersChallenges: false, get: () => stack.token() },
    readDeviceTokens: async () => ({}),
    store,
    isInteractive: false,
    now: new Date(),
  })

const thumbprintIn = async (folder: string): Promise<string> =>
  new X509Certificate(await readFile(join(folder, 'certificate.pem'))).fingerprint.replaceAll(':', '')

describe.skipIf(process.platform === 'win32')('--store', () => {
  it.runIf(hasPowerShell)(
    'windows gets certificates of the service by certreq, and renews them',
    // PowerShell begins four times.
    { timeout: 300_000 },
    async () => {
      const { machine, mine, mark, called, keys, infs } = await windowsMachine()
      for (const name of ['trusted', 'tpm']) await mark(name)
      const folder = join(await temporaryFolder(), 'Ada Lovelace')
      const { store, told } = open(folder, { store: 'windows', keyAlgorithm: 'P-384' }, machine)
      const first = await enroll(store)
      expect(await mine()).toEqual([await thumbprintIn(folder)])
      const second = await enroll(store)
      expect(await mine()).toHaveLength(2)
      expect(await mine()).toContain(await thumbprintIn(folder))
      expect((await store.held())?.serialNumber).toBe(second.serialNumber)
      expect(second.serialNumber).not.toBe(first.serialNumber)
      expect(await keys()).toHaveLength(2)
      expect(await infs()).toMatch(/^KeyAlgorithm=ECDSA_P384\r\nKeyLength=384\r\nExportable=FALSE\r$/m)
      expect((await called()).filter((line) => line === 'powershell')).toHaveLength(4)
      expect(told).toEqual([])
      expect(store.files).toEqual({
        certificate: join(folder, 'certificate.pem'),
        chain: join(folder, 'chain.pem'),
      })
    },
  )

  it('keychain gets certificates of the service by security, and renews them', async () => {
    const { machine, keychain } = await fakeSecurity()
    const folder = await temporaryFolder()
    const { store } = open(folder, { store: 'keychain', reuseKey: true }, machine)
    await enroll(store)
    const { serialNumber } = await enroll(store)
    expect((await store.held())?.serialNumber).toBe(serialNumber)
    expect(keychain().keys).toHaveLength(1)
    expect((await readdir(folder)).filter((name) => name.includes('key'))).toEqual([])
  })
})

describe('credentialStoreOf()', () => {
  it('keeps files where nothing else is said', async () => {
    const { store } = open('ada', {})
    expect(store.files).toHaveProperty('key')
  })

  const [windows, mac] = (['win32', 'darwin'] as const).map((platform) => ({ platform, environment: {} }))
  it.each([
    ['another platform', { store: 'windows' }, mac, /--store windows is for Windows, and this is darwin/],
    ['another platform', { store: 'keychain' }, windows, /--store keychain is for macOS, and this is win32/],
    ['a TPM', { store: 'keychain', keyProvider: 'tpm2' }, mac, /a keychain takes no key of tpm2/],
    ['a program', { keychainProgram: '/vpn' }, mac, /--keychain-program is for --store keychain/],
  ] as const)('refuses what does not go together: %s', (_, changes, machine, why) => {
    expect(() => open('ada', changes, machine)).toThrow(why)
  })
})
