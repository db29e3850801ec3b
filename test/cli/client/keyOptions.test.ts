import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { keyAlgorithms } from '../../../client/credential/keySettings.ts'
import { publicKeyIn } from '../../../client/credential/publicKeyIn.ts'
import { hasSoftToken, softToken } from '../../client/credential/softToken.ts'
import { type LocalStack, startLocalStack } from '../../e2e/localStack.ts'
import { temporaryFolder } from '../../local/temporaryFolder.ts'
import { openssl } from '../../openssl.ts'
import { runCommand } from '../runCommand.ts'

let stack: LocalStack

beforeAll(async () => {
  stack = await startLocalStack()
})

afterAll(() => stack.stop())

/** Runs a command of the client against the service, with a fresh token. */
const run = async (words: readonly string[], folder: string, ...more: readonly string[]) => {
  const file = join(await temporaryFolder(), 'ada.jwt')
  await writeFile(file, await stack.token())
  const common = ['--url', stack.url, '--tenant', 'contoso', '--token-file', file, '--out', folder]
  return runCommand([...words, ...common, ...more], stack.deployment, { now: () => new Date() })
}

/** Has the agent look, and makes the moment that it chose for the renewal a past one. */
const makeDue = async (folder: string, ...more: readonly string[]) => {
  await run(['agent', 'ensure'], folder, ...more)
  const file = join(folder, 'agent.json')
  const state = JSON.parse(await readFile(file, 'utf8')) as { readonly notBefore: string }
  await writeFile(file, JSON.stringify({ ...state, renewAt: state.notBefore }))
}

const pairIn = async (folder: string) => {
  const certificate = new X509Certificate(await readFile(join(folder, 'certificate.pem')))
  const key = await readFile(join(folder, 'key.pem'), 'utf8')
  expect(createPublicKey(key).equals(certificate.publicKey)).toBe(true)
  return { key, kind: certificate.publicKey.asymmetricKeyType, serialNumber: certificate.serialNumber }
}

const nodeNames = { 'P-256': 'ec', 'P-384': 'ec', Ed25519: 'ed25519' } as Readonly<Record<string, string>>

describe.each(keyAlgorithms)('--key-algorithm %s', (algorithm) => {
  it('gets a certificate of the service by enroll, and the next one by the agent, with the same key if asked for', async () => {
    const folder = join(await temporaryFolder(), 'ada')
    await run(['enroll'], folder, '--key-algorithm', algorithm)
    const first = await pairIn(folder)
    expect(first.kind).toBe(nodeNames[algorithm] ?? 'rsa')
    await makeDue(folder, '--key-algorithm', algorithm)
    await run(['agent', 'ensure'], folder, '--key-algorithm', algorithm, '--reuse-key')
    const second = await pairIn(folder)
    expect(second.key).toBe(first.key)
    expect(second.serialNumber).not.toBe(first.serialNumber)
  })
})

it('makes a new key at each renewal, and one of another kind once another is asked for', async () => {
  const folder = join(await temporaryFolder(), 'ada')
  const keys = []
  for (const more of [[], [], ['--reuse-key', '--key-algorithm', 'Ed25519'], ['--reuse-key']]) {
    await run(['enroll'], folder, ...more)
    keys.push((await pairIn(folder)).key)
  }
  expect(new Set(keys).size).toBe(4)
})

it('refuses a kind of key that the service does not take', async () => {
  const folder = join(await temporaryFolder(), 'ada')
  await expect(run(['enroll'], folder, '--key-algorithm', 'P-521')).toRefuse('usage-wrong', /P-256, P-384/)
})

it('writes credential.p12 too, by enroll and by the agent, and refuses it for a key that cannot be in it', async () => {
  const folder = join(await temporaryFolder(), 'ada')
  const password = join(await temporaryFolder(), 'Kennwort für ada')
  await writeFile(password, 'Grüße\n', { mode: 0o600 })
  const [more, p12] = [['--pkcs12-password', password], join(folder, 'credential.p12')]
  const keyIn = () =>
    createPrivateKey(openssl(['pkcs12', '-in', p12, '-passin', `file:${password}`, '-nocerts', '-nodes']))
  const { text } = await run(['enroll'], folder, ...more)
  expect(text).toContain(p12)
  expect(keyIn().equals(createPrivateKey((await pairIn(folder)).key))).toBe(true)
  await makeDue(folder, ...more)
  await run(['agent', 'ensure'], folder, ...more)
  expect(keyIn().equals(createPrivateKey((await pairIn(folder)).key))).toBe(true)
  const refused = run(['enroll'], folder, ...more, '--key-provider', 'tpm2')
  await expect(refused).toRefuse('usage-wrong', /--pkcs12-password is for a file that holds the key/)
})

it.runIf(hasSoftToken)('makes keys on a PKCS#11 token, by enroll and by the agent', async () => {
  const folder = join(await temporaryFolder(), 'ada')
  const { place, machine, labels } = await softToken(await temporaryFolder())
  const { module, token, pinFile } = place
  const more = ['--key-provider', 'pkcs11', '--pkcs11-module', module, '--pkcs11-token', token]
  vi.stubEnv('SOFTHSM2_CONF', machine.environment['SOFTHSM2_CONF'])
  onTestFinished(() => void vi.unstubAllEnvs())
  const refused = run(['enroll'], folder, ...more)
  await expect(refused).toRefuse('usage-wrong', /--pkcs11-pin-file is missing/)
  await run(['enroll'], folder, ...more, '--pkcs11-pin-file', pinFile)
  await makeDue(folder, ...more, '--pkcs11-pin-file', pinFile)
  await run(['agent', 'ensure'], folder, ...more, '--pkcs11-pin-file', pinFile)
  expect(labels()).toHaveLength(2)
  const { publicKey } = new X509Certificate(await readFile(join(folder, 'certificate.pem')))
  expect(publicKeyIn(await readFile(join(folder, 'key.pem'), 'utf8'))?.equals(publicKey)).toBe(true)
})
