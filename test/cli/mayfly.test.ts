import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { LocalDeployment } from '../../lib/deployment/deployment.ts'
import { helpText } from '../../cli/commandLine/helpText.ts'
import { commands } from '../../cli/commands.ts'
import { catalogue, type RefusalCode } from '../../lib/errors/catalogue.ts'
import { azuriteConnectionString } from '../../local/azurite.ts'
import { testAccount } from '../azurite.ts'
import { freePort } from '../../local/freePort.ts'
import { demoClient } from '../../local/signAccessToken.ts'
import { startTokenIssuer } from '../../local/tokenIssuer.ts'
import { projectFile } from '../pages.ts'
import { problemReply, type Received, serve } from '../client/serve.ts'
import { testAuthority } from '../client/testAuthority.ts'
import { temporaryFolder } from '../local/temporaryFolder.ts'
import { testDeployment } from './runCommand.ts'
import { type Ended, runMayfly } from './runMayfly.ts'
import { testDocument } from './testDocument.ts'

/** A folder whose `.mayfly/local.json` describes the deployment of this test file. */
const deployedFolder = async (changes: Partial<LocalDeployment> = {}): Promise<string> => {
  const folder = await temporaryFolder()
  await mkdir(join(folder, '.mayfly'))
  const deployment = testDeployment(folder, changes)
  await writeFile(join(folder, '.mayfly', 'local.json'), JSON.stringify(deployment))
  return folder
}

/** Expects an error that a program can read, and nothing beside it. */
const expectJsonError = ({ code, stdout, stderr }: Ended, exitCode: number, refusal: RefusalCode): void => {
  const { status, title, remedy } = catalogue[refusal]
  expect(stdout).toBe('')
  expect(stderr.trimEnd().split('\n')).toHaveLength(1)
  const document: unknown = JSON.parse(stderr)
  expect(document).toEqual({ code: refusal, status, title, detail: expect.any(String), remedy })
  expect(code).toBe(exitCode)
}

const authority = testAuthority()

const enrolling = ['enroll', '--tenant', 'contoso', '--token-file', 'ada.jwt', '--out', 'ada']

describe('mayfly as a program', () => {
  it('prints help on standard output', async () => {
    const { code, stdout, stderr } = await runMayfly(await temporaryFolder(), [])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toBe(`${helpText(commands)}\n`)
  })

  it('applies a document from standard input, shows it and makes its authority, as text and as JSON', async () => {
    const folder = await deployedFolder()
    const document = testDocument()
    const { tenant } = document
    const run = async (...args: readonly string[]): Promise<string> => {
      const ended = await runMayfly(folder, args, JSON.stringify(document))
      expect(ended).toMatchObject({ code: 0, stderr: '' })
      return ended.stdout
    }
    const applied = await run('tenant', 'apply', '-f', '-')
    expect(applied).toBe(`${tenant}: revision 1 is in force; it decides requests within 30 seconds\n`)
    const shown: unknown = JSON.parse(await run('tenant', 'show', '--tenant', tenant, '--json'))
    expect(shown).toMatchObject({ tenant, revision: 1, configuration: { displayName: 'Contoso' } })
    expect(shown).toHaveProperty('appliedBy', expect.stringMatching(/^[^@]+@[^@]+$/))
    const made: unknown = JSON.parse(await run('authority', 'init', '--json', '--tenant', tenant))
    expect(made).toMatchObject({ tenant, created: true })
    expect(await run('authority', 'init', '--tenant', tenant)).toMatch(/^.*: its authority exists already\n/)
  })

  it('tells its version, and what the environment chose before anything else', async () => {
    const folder = await deployedFolder()
    const { version } = JSON.parse(projectFile('package.json')) as { readonly version: string }
    expect(await runMayfly(folder, ['--version'])).toMatchObject({ code: 0, stdout: `mayfly ${version}\n` })
    const file = join(folder, '.mayfly', 'local.json')
    const variables = { MAYFLY_DEPLOYMENT: file, MAYFLY_TENANT: 'nobody' }
    const taint = ['authority', 'taint', '--generation', 'root~0001', '--yes']
    const { code, stderr } = await runMayfly(await temporaryFolder(), taint, '', variables)
    expect(code).toBe(3)
    const [first, second] = stderr.split('\n')
    expect(first).toBe(`mayfly: with deployment ${file} (MAYFLY_DEPLOYMENT), tenant nobody (MAYFLY_TENANT)`)
    expect(second).toMatch(/there is no tenant nobody/)
  })

  it('prints a demo token and nothing else', async () => {
    const keyFile = join(await temporaryFolder(), 'issuer.pem')
    const issuer = await startTokenIssuer({ port: 0, keyFile, clientSecret: 'secret' })
    onTestFinished(() => issuer.close())
    const tokenIssuer = { url: issuer.url, clientId: demoClient, clientSecret: 'secret' }
    const { code, stdout, stderr } = await runMayfly(await deployedFolder({ tokenIssuer }), ['demo', 'token'])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/)
  })

  it('enrolls into a folder beneath the one it runs in', async () => {
    const { url } = await serve(({ body }) => ({ body: authority.reply(body) }))
    const folder = await deployedFolder({ service: { url } })
    await writeFile(join(folder, 'ada.jwt'), 'a.b.c\n')
    const { code, stdout, stderr } = await runMayfly(folder, [...enrolling, '--json'])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(JSON.parse(stdout)).toMatchObject({ files: { key: join('ada', 'key.pem') } })
    const left = ['certificate.pem', 'chain.pem', 'current', 'generations', 'key.pem', 'renew.lock']
    expect((await readdir(join(folder, 'ada'))).sort()).toEqual(left)
  })
})

describe('mayfly as a program that fails', () => {
  it('ends with 2 when the command line is wrong, and says on standard error what and what to do', async () => {
    const { code, stdout, stderr } = await runMayfly(await temporaryFolder(), ['tenant', 'show', '--colour'])
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr.split('\n')).toEqual([
      `mayfly: Cannot run mayfly tenant show: Unknown option '--colour'.`,
      `  usage-wrong: ${catalogue['usage-wrong'].remedy}`,
      '',
    ])
  })

  it('ends with 3 when it is refused', async () => {
    const { code, stdout, stderr } = await runMayfly(await temporaryFolder(), ['demo', 'token'])
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' })
    expect(stderr).toMatch(/^mayfly: Cannot use the deployment local: .*local\.json does not exist\.\n/)
  })

  it('names the settings that keep a device out and what to do about each, also as JSON', async () => {
    const settings = ['storageRequireEncryption', 'secureBootEnabled'].map((setting) => ({
      policy: 'Laptops',
      setting,
      wanted: `${setting} on`,
      actual: 'false (posture, 10 s ago)',
      remedy: `turn ${setting} on`,
    }))
    const { url } = await serve(() => {
      const { body, ...reply } = problemReply(403, 'device-not-compliant')
      return { ...reply, body: { ...Object(body), settings } }
    })
    const folder = await deployedFolder({ service: { url } })
    await writeFile(join(folder, 'ada.jwt'), 'a.b.c')
    const { code, stderr } = await runMayfly(folder, enrolling)
    expect(code).toBe(3)
    expect(stderr.split('\n')).toEqual([
      'mayfly: This is a detail of device-not-compliant.',
      ...settings.map(
        ({ setting }) =>
          `  ${setting} (policy "Laptops") wants ${setting} on, and finds false (posture, 10 s ago): turn ${setting} on`,
      ),
      `  device-not-compliant: ${catalogue['device-not-compliant'].remedy}`,
      '',
    ])
    const asJson = await runMayfly(folder, [...enrolling, '--json'])
    expect([asJson.code, JSON.parse(asJson.stderr)]).toMatchObject([3, { settings }])
  })

  it('ends with 4 when the tables do not answer', async () => {
    const connectionString = azuriteConnectionString(await freePort(), testAccount(0))
    const folder = await deployedFolder({ tables: { connectionString } })
    const ended = await runMayfly(folder, ['tenant', 'show', '--tenant', 'contoso', '--json'])
    expectJsonError(ended, 4, 'tables-unavailable')
  })

  it('ends with 1 for a fault, and tells it as JSON too when asked for it', async () => {
    const { url } = await serve(({ body }) => ({ body: authority.reply(body) }))
    const folder = await deployedFolder({ service: { url } })
    await writeFile(join(folder, 'ada.jwt'), 'a.b.c')
    // A file to write is a folder.
    await mkdir(join(folder, 'ada', 'chain.pem'), { recursive: true, mode: 0o700 })
    expectJsonError(await runMayfly(folder, [...enrolling, '--json']), 1, 'fault')
    const { code, stdout, stderr } = await runMayfly(folder, enrolling)
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toMatch(/^mayfly: EISDIR: [^\n]+\n$/)
  })

  it('tells wrong command lines and refusals as JSON when asked for it', async () => {
    const folder = await temporaryFolder()
    expectJsonError(await runMayfly(folder, ['dance', '--json']), 2, 'usage-wrong')
    const args = ['tenant', 'show', '--tenant', 'contoso', '--json']
    expectJsonError(await runMayfly(folder, args), 3, 'deployment-unknown')
  })
})

describe('mayfly as a program that holds secrets', () => {
  const canary = 'canary'
  const token = `${canary}.${canary}.${canary}`

  /** Runs the command, which fails without a canary in what it prints. @returns its standard error. */
  const runInSilence = async (folder: string, args: readonly string[], exitCode: number): Promise<string> => {
    const { code, stdout, stderr } = await runMayfly(folder, args)
    expect({ code, stdout }).toEqual({ code: exitCode, stdout: '' })
    expect(stderr).not.toContain(canary)
    expect(stderr).not.toBe('')
    return stderr
  }

  it.each([
    ['refuses', 3, () => problemReply(403, 'service-refused')],
    ['is unavailable', 4, () => problemReply(503, 'service-unavailable', { 'retry-after': '0.01' })],
    [
      'hands out a broken certificate',
      1,
      ({ body }: Received) => ({ body: { ...authority.reply(body), certificate: 'x' } }),
    ],
  ])('prints neither token nor key when the service %s', async (_, exitCode, answer) => {
    const { url } = await serve(answer)
    const folder = await deployedFolder({ service: { url } })
    await writeFile(join(folder, 'ada.jwt'), token)
    const stderr = await runInSilence(folder, enrolling, exitCode)
    const key = await readFile(join(folder, 'ada', 'pending-key.pem'), 'utf8')
    const lines = key.split('\n').filter((line) => line !== '' && !line.startsWith('-'))
    expect(lines.length).toBeGreaterThan(1)
    for (const line of lines) expect(stderr).not.toContain(line)
  })

  it('prints no token that it cannot use', async () => {
    const folder = await deployedFolder()
    await writeFile(join(folder, 'ada.jwt'), `${token}\n${token}\n`)
    await runInSilence(folder, enrolling, 2)
    await runInSilence(folder, ['enroll', token], 2)
  })

  it('prints no pending key that it cannot use', async () => {
    const folder = await deployedFolder()
    await writeFile(join(folder, 'ada.jwt'), token)
    await mkdir(join(folder, 'ada'))
    await writeFile(join(folder, 'ada', 'pending-key.pem'), `-----BEGIN PRIVATE KEY-----\n${canary}\n`)
    await runInSilence(folder, enrolling, 3)
  })

  it.each([
    ['broken', 1, `AccountKey=${canary}`],
    [
      'dead',
      4,
      `DefaultEndpointsProtocol=http;AccountName=a;AccountKey=${canary};TableEndpoint=http://127.0.0.1:9/a`,
    ],
  ])('prints no key of a %s connection string', async (_, exitCode, connectionString) => {
    const folder = await deployedFolder({ tables: { connectionString } })
    await runInSilence(folder, ['tenant', 'show', '--tenant', 'contoso'], exitCode)
  })
})
