/**
 * The stores that this machine really has: run by the workflow alone (MAYFLY_REAL_STORE=1), because they change the store of
 * whoever runs them, and on Windows what the machine trusts.
 */
import { execFileSync } from 'node:child_process'
import { createVerify, X509Certificate } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { credentialStoreOf } from '../../../cli/client/credentialStoreOf.ts'
import { obtainCertificate } from '../../../client/agent/obtainCertificate.ts'
import { askPowerShell, powerShellScript } from '../../../client/askPowerShell.ts'
import type { KeySettings } from '../../../client/credential/keySettings.ts'
import { secretToolOf } from '../../../client/token/secretTool.ts'
import { type LocalStack, startLocalStack } from '../../e2e/localStack.ts'
import { temporaryFolder } from '../../local/temporaryFolder.ts'

const { platform } = process
const isWanted = process.env['MAYFLY_REAL_STORE'] === '1'

let stack: LocalStack

beforeAll(async () => {
  if (isWanted) stack = await startLocalStack()
})

afterAll(() => stack?.stop())

const bench = async (changes: Partial<KeySettings>) => {
  const folder = join(await temporaryFolder(), "Ada's Schlüssel $env:HOME")
  const told: string[] = []
  const common = {
    keyAlgorithm: undefined,
    keyProvider: undefined,
    reuseKey: false,
    pkcs12Password: undefined,
    pkcs11Module: undefined,
    pkcs11Token: undefined,
    pkcs11PinFile: undefined,
    keychainProgram: undefined,
  }
  const settings: KeySettings = {
    ...common,
    store: platform === 'win32' ? 'windows' : 'keychain',
    ...changes,
  }
  const store = credentialStoreOf(folder, settings, { notice: (text) => void told.push(text) })
  const renew = async () => {
    await obtainCertificate({
      url: stack.url,
      tenant: 'contoso',
      token: { kind: 'command', answersChallenges: false, get: () => stack.token() },
      readDeviceTokens: async () => ({}),
      store,
      isInteractive: false,
      now: new Date(),
    })
    const certificate = new X509Certificate(await readFile(join(folder, 'certificate.pem')))
    return { certificate, thumbprint: certificate.fingerprint.replaceAll(':', '') }
  }
  return { folder, store, told, renew }
}

/** Runs a body in the PowerShell of this machine. */
const ask = (body: string, given: object = {}) => askPowerShell(powerShellScript(body), given, process.env)

/** Has the machine trust the roots of the service, as an administrator does, until the test ends. */
const trustRoots = async () => {
  const file = join(await temporaryFolder(), 'roots.pem')
  const bundle = await fetch(new URL('v1/contoso/trust.pem', stack.url))
  await writeFile(file, await bundle.text())
  const { thumbprint } = (await ask(
    `
$root = New-Object Security.Cryptography.X509Certificates.X509Certificate2 $given.file
$store = New-Object Security.Cryptography.X509Certificates.X509Store 'Root', 'LocalMachine'
$store.Open('ReadWrite'); $store.Add($root); $store.Close()
@{ thumbprint = $root.Thumbprint }`,
    { file },
  )) as { thumbprint: string }
  onTestFinished(async () => {
    await ask(`Remove-Item -LiteralPath ('Cert:\\LocalMachine\\Root\\' + $given.thumbprint); @{}`, {
      thumbprint,
    })
  })
}

/** The thumbprints of the user's own certificates, and how many keys there are. */
const windowsHas = async () => {
  const found = await ask(`
$keys = & certutil.exe -user -csp 'Microsoft Software Key Storage Provider' -key | Out-String
@{
  mine = @(Get-ChildItem Cert:\\CurrentUser\\My | ForEach-Object { $_.Thumbprint })
  waiting = @(Get-ChildItem Cert:\\CurrentUser\\REQUEST -ErrorAction SilentlyContinue).Count
  keys = [regex]::Matches($keys, '(?m)^  \\S').Count
}`)
  return found as { mine: string[]; waiting: number; keys: number }
}

/** Signs by the key of a certificate in the store. */
const signedBy = async (thumbprint: string): Promise<Buffer> => {
  const { signature } = (await ask(
    `
$certificate = Get-Item -LiteralPath ('Cert:\\CurrentUser\\My\\' + $given.thumbprint)
$key = [Security.Cryptography.X509Certificates.RSACertificateExtensions]::GetRSAPrivateKey($certificate)
$octets = [Text.Encoding]::ASCII.GetBytes('mayfly')
@{ signature = [Convert]::ToBase64String($key.SignData($octets, 'SHA256', [Security.Cryptography.RSASignaturePadding]::Pkcs1)) }`,
    { thumbprint },
  )) as { signature: string }
  return Buffer.from(signature, 'base64')
}

describe.runIf(isWanted)('the store of this machine', { timeout: 300_000 }, () => {
  it('is one that certificates can be kept in', () => {
    expect(['win32', 'darwin']).toContain(platform)
  })

  it.runIf(platform === 'win32')(
    'of Windows refuses without a root, then keeps two certificates whose keys sign, and leaves no key behind',
    async () => {
      const { store, renew, told } = await bench({ keyAlgorithm: 'RSA-2048', keyProvider: 'software' })
      const before = await windowsHas()
      await expect(renew()).toRefuse(
        'certificate-store-refused',
        /Windows does not trust the root of the tenant/,
      )
      await trustRoots()
      const certificates = [await renew(), await renew(), await renew()]
      const [, second, third] = certificates.map(({ thumbprint }) => thumbprint)
      const after = await windowsHas()
      expect(new Set(after.mine.filter((one) => !before.mine.includes(one)))).toEqual(
        new Set([second, third]),
      )
      expect(after).toMatchObject({ waiting: before.waiting, keys: before.keys + 2 })
      expect((await store.held())?.certificate).toBe(certificates[2]?.certificate.toString())
      const verify = createVerify('sha256').update('mayfly')
      const publicKey = certificates[2]?.certificate.publicKey
      expect(publicKey && verify.verify(publicKey, await signedBy(third ?? ''))).toBe(true)
      expect(told).toEqual([])
    },
  )

  it.runIf(platform === 'win32')(
    'of Windows makes a key by whatever it has, and keeps it where that is wanted',
    async () => {
      await trustRoots()
      const { store, renew } = await bench({ keyAlgorithm: 'P-256', reuseKey: true })
      const [first, second, third] = [await renew(), await renew(), await renew()]
      expect(second.certificate.publicKey.equals(first.certificate.publicKey)).toBe(true)
      expect(third.certificate.publicKey.equals(first.certificate.publicKey)).toBe(true)
      expect(await store.held()).toBeDefined()
    },
  )

  it.runIf(platform === 'win32')('of Windows protects a sign-in', async () => {
    const tool = secretToolOf('win32', process.env)
    const kept = await tool.keep('name', 'Schlüssel')
    expect(kept).not.toContain('Schl')
    expect(await tool.find('name', kept)).toBe('Schlüssel')
  })

  it.runIf(platform === 'darwin')(
    'of macOS keeps two identities, and one key where that is wanted',
    async () => {
      const keychain = join(await temporaryFolder(), 'test.keychain-db')
      const security = (...words: readonly string[]) => execFileSync('security', words, { encoding: 'utf8' })
      const before = security('default-keychain').trim().replaceAll('"', '')
      security('create-keychain', '-p', 'test', keychain)
      onTestFinished(() => {
        security('default-keychain', '-s', before)
        security('delete-keychain', keychain)
      })
      security('default-keychain', '-s', keychain)
      security('list-keychains', '-s', keychain, before)
      security('unlock-keychain', '-p', 'test', keychain)
      for (const [reuseKey, keyAlgorithm] of [
        [false, 'P-256'],
        [false, 'RSA-2048'],
        [true, 'P-384'],
      ] as const) {
        const { store, renew } = await bench({ reuseKey, keyAlgorithm })
        const found = [await renew(), await renew(), await renew()].map(({ thumbprint }) => thumbprint)
        const identities = security('find-identity')
        expect(found.map((one) => identities.includes(one))).toEqual([false, true, true])
        expect(await store.held()).toBeDefined()
      }
    },
  )
})
