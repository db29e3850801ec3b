import { execFile } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { request } from 'node:https'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { Deployment } from '../../lib/deployment/deployment.ts'
import { isFree } from '../../local/freePort.ts'
import { type Program, startProgram } from './program.ts'
import { threePorts } from './threePorts.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const run = promisify(execFile)

let folder: string
let running: Program[]

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mayfly-start-'))
  running = []
})

afterEach(async () => {
  for (const program of running) await program.stop()
  await rm(folder, { recursive: true, force: true })
})

const start = (...args: readonly string[]): Program => {
  const program = startProgram(process.execPath, ['local/start.ts', '--data', folder, ...args], { cwd: root })
  running.push(program)
  return program
}

const started = async (...args: readonly string[]): Promise<Program> => {
  const program = start(...args)
  await program.waitFor(/Ctrl-C stops everything/)
  return program
}

const deploymentFile = () => join(folder, 'local.json')

const readDeployment = async (): Promise<Deployment> =>
  JSON.parse(await readFile(deploymentFile(), 'utf8')) as Deployment

const mayfly = (...args: readonly string[]) =>
  run(process.execPath, ['cli/mayfly.ts', ...args, '--deployment', deploymentFile()], { cwd: root })

it('npm start shows who gets a certificate and who does not, in both demo tenants, and writes the deployment for the CLI', async () => {
  const program = await started('--port', '0')
  expect(program.output()).toMatch(
    /ada@contoso\.example, compliant device: got certificate [0-9a-f]{32}, valid/,
  )
  expect(program.output()).toMatch(
    /bob@contoso\.example, non-compliant device: refused, 403 device-not-compliant/,
  )
  expect(program.output()).toMatch(
    /carol@contoso\.example, a contractor with a password alone: told to sign in anew, 401 sign-in-insufficient, acr_values=urn:mayfly:demo:mfa$/m,
  )
  expect(program.output()).toMatch(
    /ada@woodgrove\.example, whose laptop is attested and encrypted: got certificate [0-9a-f]{32}, valid/,
  )
  expect(program.output()).toMatch(
    /bob@woodgrove\.example, whose laptop is not encrypted: refused, 403 device-not-compliant, storageRequireEncryption: encrypt the system drive/,
  )
  // The commands name the deployment, because this one is not where the CLI looks.
  const file = relative(root, deploymentFile())
  expect(program.output()).toContain(`mayfly demo token --deployment ${file} > ada.jwt`)
  if (process.platform !== 'win32') expect((await stat(deploymentFile())).mode & 0o777).toBe(0o600)
  const user = ['--user', 'ada@woodgrove.example']
  const keyHash = ['--key-sha256', '0'.repeat(64)]
  for (const args of [['token'], ['posture', ...user], ['attestation', ...user, ...keyHash]])
    expect((await mayfly('demo', ...args)).stdout).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/)
})

it('npm start keeps tenants, roots and ledger over a restart, and Ctrl-C stops all it started', async () => {
  const port = await threePorts()
  const first = await started('--port', String(port))
  const { stdout: token } = await mayfly('demo', 'token')
  const { service, tables } = await readDeployment()
  const enroll = async () => {
    const csr = await readFile(join(folder, 'laptop.csr'), 'utf8')
    const response = await fetch(`${service.url}/v1/contoso/certificates`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token.trim()}`, 'content-type': 'text/plain' },
      body: csr,
    })
    return { status: response.status, body: await response.text() }
  }
  const files = ['-keyout', join(folder, 'laptop.key'), '-out', join(folder, 'laptop.csr')]
  await run('openssl', [
    'req',
    '-new',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-subj',
    '/',
    ...files,
  ])
  const trust = async () => (await fetch(`${service.url}/v1/contoso/trust.pem`)).text()
  const [before, trustBefore] = [await enroll(), await trust()]
  expect(before.status).toBe(201)
  expect(await first.stop()).toBe(0)
  const tablesPort = Number(/:(\d+)\/mayflylocal/.exec(JSON.stringify(tables))?.[1])
  expect(await Promise.all([port, port + 1, tablesPort].map(isFree))).toEqual([true, true, true])
  const second = await started('--port', String(port))
  expect(second.output()).toContain('root and issuer kept')
  expect(await trust()).toBe(trustBefore)
  expect(await enroll()).toEqual({ status: 200, body: before.body })
})

it('npm start signs with keys in the stand-in for Key Vault, and finds them after a restart', async () => {
  const first = await started('--port', '0', '--keys', 'keyvault')
  expect(first.output()).toMatch(/with demo tokens and keys in a stand-in for Key Vault/)
  expect(first.output()).toMatch(/compliant device: got certificate [0-9a-f]{32}, valid/)
  const { keys } = await readDeployment()
  expect(keys.vault?.issuerUrl).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/)
  expect(await readdir(join(folder, 'vault', 'keys'))).toContain('contoso--issuer-1-es256')
  expect(await first.stop()).toBe(0)
  const second = await started('--port', '0')
  expect(second.output()).toContain('root and issuer kept')
  expect(second.output()).toMatch(/compliant device: got certificate [0-9a-f]{32}, valid/)
})

it('npm start tells which port is taken', async () => {
  const blocker = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => blocker.once('listening', resolve))
  const { port } = blocker.address() as { port: number }
  const program = start('--port', String(port))
  await program.waitFor(new RegExp(`port ${port}, for the service, is taken by another process`))
  expect(await program.exitCode()).toBe(1)
  blocker.close()
})

it('npm start leaves a data folder to the process that uses it', async () => {
  await started('--port', '0')
  const second = start('--port', '0')
  await second.waitFor(/Cannot start: process \d+ uses /)
  expect(await second.exitCode()).toBe(1)
  const { service } = await readDeployment()
  expect((await fetch(`${service.url}/readyz`)).status).toBe(200)
})

it('npm start listens on other addresses with TLS only, and then the CLI trusts its authority', async () => {
  const refused = start('--host', '0.0.0.0')
  await refused.waitFor(/tokens would cross the network in the clear. Add --tls/)
  expect(await refused.exitCode()).toBe(1)
  await started('--tls', '--port', '0')
  const { service } = await readDeployment()
  expect(service.url).toMatch(/^https:/)
  await expect(fetch(`${service.url}/healthz`)).rejects.toThrow()
  const ca = await readFile(service.caFile ?? '', 'utf8')
  const status = await new Promise((resolve, reject) => {
    request(`${service.url}/healthz`, { ca }, (response) => resolve(response.statusCode))
      .once('error', reject)
      .end()
  })
  expect(status).toBe(200)
})
