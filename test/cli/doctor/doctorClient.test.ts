import { chmod, chown, copyFile, mkdir, readdir, rename, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { exitCodes } from '../../../cli/commandLine/exitCodes.ts'
import { type AgentState, noState } from '../../../client/agent/agentState.ts'
import { stateFile } from '../../../client/agent/stateFile.ts'
import { withAgentLocks } from '../../../client/agent/withAgentLocks.ts'
import { softwareKeys } from '../../../client/credential/clientKey.ts'
import { credentialFolder } from '../../../client/credential/credentialFolder.ts'
import { serve } from '../../client/serve.ts'
import { spkiOf, makeKey, testAuthority } from '../../client/testAuthority.ts'
import { type ExpectedFindings, expectFindings } from './expectFindings.ts'
import { clientOf, examine, unsignedToken } from './keptWorld.ts'

const minute = 60_000
const inMinutes = (minutes: number) => new Date(Date.now() + minutes * minute)

/** What is held; times in minutes from now. */
interface Holding {
  readonly from?: number
  readonly until?: number
  readonly state?: Partial<AgentState>
  readonly isOfOther?: boolean
}

/** Puts a certificate into a folder, with its key or another, and what the agent remembers. */
const hold = async (
  folder: string,
  { from = -5, until = 55, state = {}, isOfOther = false }: Holding = {},
) => {
  const key = await softwareKeys().make()
  const spki = isOfOther ? spkiOf(makeKey()) : key.publicKey.export({ format: 'der', type: 'spki' })
  const times = {
    notBefore: inMinutes(from),
    notAfter: inMinutes(until),
    serialNumber: Buffer.from('21ab', 'hex'),
  }
  const certificate = testAuthority().leaf(spki, times)
  const renewal = { start: '', end: '' }
  const told = { certificate, chain: [], serialNumber: '21ab', notBefore: '', notAfter: '', renewal }
  await mkdir(folder, { mode: 0o700 })
  await credentialFolder(folder).accept(told, key)
  const renewAt = inMinutes(20).toISOString()
  await stateFile(folder).write({ ...noState, serialNumber: '21ab', renewAt, ...state })
}

const everything = async (folder: string): Promise<readonly string[]> => {
  const names = await readdir(folder, { recursive: true })
  const told = names.map(async (name) => `${name} ${(await stat(join(folder, name))).mtimeMs}`)
  return (await Promise.all(told)).toSorted()
}

/** A client of a service that is away: what is found of the rest does not depend on it. */
const client = () => clientOf('http://127.0.0.1:9')

type Client = Awaited<ReturnType<typeof client>>

const finds = async (world: Client, expected: ExpectedFindings, more: readonly string[] = []) => {
  const diagnosis = await world.examine(more)
  expectFindings(diagnosis.findings, expected, { more: true })
  return diagnosis
}

describe('mayfly doctor --client on what is held', () => {
  it('tells of a folder that is not there yet, and makes nothing', async () => {
    const world = await client()
    const before = await everything(world.folder)
    const expected = {
      'credential-folder ok': /^not there yet; the agent makes it in /,
      'credential-certificate problem': {
        detail: 'there is no certificate yet',
        remedy: /mayfly agent ensure/,
      },
      'credential-agent problem': 'no agent runs, though a renewal is due',
      'credential-key ok': 'P-256 keys can be made (software), and sign',
    }
    await finds(world, expected)
    expect(await everything(world.folder)).toEqual(before)
  })

  it('tells of a certificate that is good, and changes nothing', async () => {
    const world = await client()
    await hold(world.out)
    const before = await everything(world.folder)
    const expected = {
      'credential-folder ok': "mode 0700, its owner's alone to write to",
      'credential-space ok': /^\d+ MiB are left$/,
      'credential-certificate ok': /^certificate 21ab and its key fit, until 20.*Z; renewed at 20.*Z$/,
      'credential-agent ok': 'no agent runs, and nothing is to be done yet',
      'token-source ok': /ada\.jwt holds a token$/,
      'token-claims ok': /^of https:\/\/login\.example for api:\/\/mayfly, until 20/,
    }
    const { findings } = await finds(world, expected)
    expect(findings.filter(({ id }) => id === 'credential-error')).toEqual([])
    expect(await everything(world.folder)).toEqual(before)
  })

  it('tells of a renewal that is overdue, of why, and of a hook that failed', async () => {
    const world = await client()
    const error = { detail: 'The device is not compliant.', remedy: 'Make it compliant.', isRefusal: true }
    const at = inMinutes(-3).toISOString()
    const lastError = {
      code: 'device-not-compliant',
      since: inMinutes(-9).toISOString(),
      at,
      ...error,
    } as const
    const state = { renewAt: at, retryAt: at, lastError, hookError: 'ended with 3' }
    await hold(world.out, { state })
    const expected = {
      'credential-certificate warning': /its renewal has been due since 20/,
      'credential-error warning': {
        detail: /^The device is not compliant\. \(device-not-compliant, since 20.*, last at 20.*\)$/,
        remedy: 'Make it compliant.',
      },
      'credential-agent problem': { remedy: /^Start it: mayfly agent install/ },
      'credential-hooks warning': 'the last one failed: ended with 3',
    }
    await finds(world, expected)
  })

  it('tells of a certificate that has ended, together with the last error as a problem', async () => {
    const world = await client()
    const at = inMinutes(-3).toISOString()
    const lastError = {
      code: 'fault',
      detail: 'ENOSPC',
      remedy: 'Make room.',
      isRefusal: false,
      since: at,
      at,
    } as const
    await hold(world.out, { until: -2, state: { lastError } })
    const expected = {
      'credential-certificate problem': /has ended at/,
      'credential-error problem': /^ENOSPC/,
    }
    await finds(world, expected)
  })

  it('tells of a certificate that is of the future, and of one that is of another key', async () => {
    const [early, strange] = [await client(), await client()]
    await hold(early.out, { from: 20 })
    const future = { detail: /still to come$/, remedy: /by NTP/ }
    await finds(early, { 'credential-certificate problem': future })
    await hold(strange.out, { isOfOther: true })
    await finds(strange, { 'credential-certificate problem': /^certificate and key do not fit/ })
  })

  it.runIf(process.platform !== 'win32')(
    'tells of a name that leads elsewhere than to what is held',
    async () => {
      const world = await client()
      await hold(world.out)
      await rename(join(world.out, 'key.pem'), join(world.out, 'other.pem'))
      await copyFile(join(world.out, 'other.pem'), join(world.out, 'key.pem'))
      await finds(world, { 'credential-certificate problem': /^certificate 21ab is held, but key\.pem, / })
    },
  )

  it('names the agent that runs, and one that ended without saying so', async () => {
    const world = await client()
    await hold(world.out)
    const holder = 'the agent with process id 7 on vpn'
    const running = () => finds(world, { 'credential-agent ok': `${holder} keeps it` })
    await withAgentLocks([world.out], running, { holder, signal: undefined })
    await writeFile(join(world.out, 'agent.lock', '99'), '')
    await finds(world, {
      'credential-agent ok': new RegExp(`nothing is to be done yet; ${holder} ended without saying so$`),
    })
  })

  it('tells of a request that was interrupted, and of a key of no use', async () => {
    const world = await client()
    await hold(world.out)
    const file = join(world.out, 'pending-key.pem')
    await writeFile(file, (await softwareKeys('P-384').make()).pem, { mode: 0o600 })
    const began = new Date('2026-03-02T10:00:00Z')
    await utimes(file, began, began)
    const p384 = ['--key-algorithm', 'P-384']
    await finds(world, { 'credential-pending-key ok': /begun at 2026-03-02T10:00:00Z/ }, p384)
    await finds(world, { 'credential-pending-key problem': /a key of another kind; remove it/ })
  })

  it.skipIf(process.platform === 'win32')(
    'tells of a folder, and of a hook, that others can change',
    async () => {
      const world = await client()
      await hold(world.out)
      await chmod(world.out, 0o770)
      const hook = join(world.folder, 'hook')
      await writeFile(hook, '#!/bin/sh\n')
      const shared = { detail: /others can write to it|can be written to by others/, remedy: /chmod go-w/ }
      const expected = {
        'credential-folder problem': shared,
        'credential-hooks problem': /it is no executable file/,
      }
      await finds(world, expected, ['--on-renew', hook])
      await chmod(hook, 0o777)
      await finds(world, { 'credential-hooks problem': shared }, ['--on-renew', hook])
    },
  )

  it.runIf(process.getuid?.() === 0)('tells of a folder of another user', async () => {
    const world = await client()
    await hold(world.out)
    await chown(world.out, 4321, 4321)
    const detail = 'it belongs to the user with the number 4321, not to 0, who asks'
    await finds(world, { 'credential-folder problem': { detail, remedy: /^Run mayfly doctor as the user/ } })
  })

  it('tells that keys cannot be made', async () => {
    const expected = { 'credential-key problem': /Cannot make a key: a TPM makes .*, not Ed25519/ }
    await finds(await client(), expected, ['--key-provider', 'tpm2', '--key-algorithm', 'Ed25519'])
  })

  it('tells what does not go together or not here, and of a password that cannot be read', async () => {
    const world = await client()
    const password = ['--pkcs12-password', join(world.folder, 'password')]
    const elsewhere = process.platform === 'darwin' ? 'windows' : 'keychain'
    for (const [words, detail] of [
      [['--store', elsewhere], /--store \w+ is for \w+, and this is/],
      [['--key-provider', 'tpm2', ...password], /no file can hold a key of tpm2/],
      [password, /Cannot read .*password: ENOENT/],
    ] as const)
      await finds(world, { 'credential-key problem': detail }, words)
    await writeFile(join(world.folder, 'password'), '\n', { mode: 0o600 })
    await finds(world, { 'credential-key problem': /password: it is empty/ }, password)
    await writeFile(join(world.folder, 'password'), 'canary\n')
    await finds(world, { 'credential-key ok': /can be made/ }, password)
  })
})

describe('mayfly doctor --client on tokens', () => {
  const seconds = (minutes: number) => Math.floor(inMinutes(minutes).getTime() / 1000)

  it.each([
    ['has ended', { exp: seconds(-1) }, 'problem', /: it has ended at 20/, /one out of a cache/],
    [
      'is old',
      { iat: seconds(-20) },
      'warning',
      /none that is older than 15 minutes/,
      /was issued just before/,
    ],
    ['begins later', { nbf: seconds(9) }, 'warning', /which is still to come$/, /by NTP/],
    ['begins at no time', { iat: 1e300 }, 'warning', /begins at \+275760-09-13T00:00:00Z/, /by NTP/],
  ])('tells of a token that %s', async (_, claims, status, detail, remedy) => {
    const world = await client()
    await writeFile(world.token, unsignedToken(claims))
    await finds(world, { [`token-claims ${status}`]: { detail, remedy } })
  })

  it('tells of what is no JWT, and of a file that is not there', async () => {
    const world = await client()
    await writeFile(world.token, 'opaque')
    await finds(world, { 'token-claims problem': /^it is no JWT/ })
    const expected = { 'token-source problem': /ENOENT/, 'token-claims not checked': {} }
    await finds(world, expected, ['--token-file', join(world.folder, 'none')])
  })

  it('tells how a command ended, without what it wrote', async () => {
    const command = (text: string) => ['--token-command', text]
    const failed = {
      detail: 'Cannot get a token: the token command ended with 3.',
      remedy: /^Run the command by hand.*MAYFLY_INTERACTIVE=0/,
    }
    const world = await client()
    const { text } = await finds(world, { 'token-source problem': failed }, command('echo hidden; exit 3'))
    expect(text).not.toContain('hidden')
    await finds(world, { 'token-source problem': /several words or lines/ }, command('echo a b'))
    const asked = command(`test "$MAYFLY_INTERACTIVE" = 0 && echo ${unsignedToken()}`)
    await finds(world, { 'token-source ok': 'the command prints a token', 'token-claims ok': {} }, asked)
  })

  it('tells whether a provider answers, and whether somebody has to sign in, and uses no sign-in', async () => {
    const world = await client()
    const provider = await serve(({ headers }) => {
      const issuer = `http://${headers.host}`
      return { body: { issuer, authorization_endpoint: issuer, token_endpoint: issuer } }
    })
    const oidc = (url: string) => ['--oidc-issuer', url, '--oidc-client', 'mayfly']
    const needed = { detail: /answers, but no sign-in is remembered/, remedy: /mayfly agent ensure/ }
    const ask = (more: readonly string[], expected: ExpectedFindings) =>
      examine(world.folder, [...world.words, ...more]).then(({ findings }) =>
        expectFindings(findings, expected, { more: true }),
      )
    await ask([...oidc(provider.url), '--remember'], { 'token-source problem': needed })
    await ask(oidc(provider.url), { 'token-source not checked': /memory of the agent alone$/ })
    await ask(oidc('http://127.0.0.1:9'), { 'token-source problem': /ECONNREFUSED/ })
    expect(provider.received.map(({ method }) => method)).toEqual(['GET', 'GET'])
  })

  it('looks at what tells of the device', async () => {
    const world = await client()
    const posture = join(world.folder, 'posture.jwt')
    await writeFile(posture, unsignedToken({ iss: 'https://mdm.example', exp: seconds(-1) }))
    const more = [
      '--posture-file',
      posture,
      '--attestation-command',
      'test -n "$MAYFLY_KEY_SHA256" && exit 5',
    ]
    const expected = {
      'posture-token problem': /^of https:\/\/mdm\.example for api:\/\/mayfly: it has ended/,
      'attestation-token problem': 'Cannot get a token: the attestation command ended with 5.',
    }
    await finds(world, expected, more)
  })
})

describe('mayfly doctor --client on a configuration', () => {
  it('names each fault and its line, and looks no further', async () => {
    const world = await client()
    const file = join(world.folder, 'mayfly.toml')
    await writeFile(file, 'url = "http://other.example"\ncolour = 1\n')
    const { findings, exitCode } = await examine(world.folder, ['--client', '--config', file])
    const faults = [
      /has none of \[\[credentials\]\]/,
      /^line 1, url: .*must be https/,
      /^line 2, colour: there is no such member$/,
    ]
    expectFindings(findings, { 'configuration-file problem': faults })
    expect(exitCode).toBe(exitCodes.refused)
  })

  it('looks at each service once, and at each credential', async () => {
    const world = await client()
    const file = join(world.folder, 'mayfly.toml')
    const token = 'token = { kind = "file", file = "ada.jwt" }'
    const credentials = ['a', 'b'].map((folder) => `[[credentials]]\nfolder = "${folder}"\n${token}\n`)
    const top = 'url = "http://127.0.0.1:9"\ntenant = "contoso"\n'
    await writeFile(file, `${top}${credentials.join('')}[[bundles]]\nfolder = "trust"\n`)
    const { findings, exitCode } = await examine(world.folder, ['--client', '--config', file])
    const count = (id: string) => findings.filter((one) => one.id === id).length
    expect(
      ['configuration-file', 'network-proxy', 'token-claims', 'trust-age', 'trust-files'].map(count),
    ).toEqual([1, 1, 2, 1, 0])
    expect(exitCode).toBe(exitCodes.tryLater)
  })

  it.each([
    [['--client', '--server'], /either --client or --server/],
    [['--client', '--sign', '--anchor', '0'.repeat(64)], /take --sign, --anchor with --client/],
    [['--url', 'https://other.example'], /take --url without --client or --server/],
    [['--client', '--out', 'a'], /give --config FILE, or --tenant, --out/],
    [['--server', '--tenant', 'contoso'], /give --config FILE, or --tenant and --out/],
  ])('refuses %j', async (words, detail) => {
    const world = await client()
    await expect(examine(world.folder, words)).toRefuse('usage-wrong', detail)
  })

  it('takes the variables of the agent', async () => {
    const world = await client()
    await hold(world.out)
    const variables = {
      MAYFLY_URL: 'http://127.0.0.1:9',
      MAYFLY_TENANT: 'contoso',
      MAYFLY_OUT: world.out,
      MAYFLY_TOKEN_FILE: world.token,
      MAYFLY_REUSE_KEY: '1',
    }
    const { findings } = await examine(world.folder, ['--client'], { variables })
    expectFindings(findings, { 'token-claims ok': {}, 'credential-certificate ok': {} }, { more: true })
  })
})

/** What is set where an agent runs; the last two would be refused by it. */
const agentVariables = {
  MAYFLY_URL: 'http://127.0.0.1:9',
  MAYFLY_OUT: 'somewhere',
  MAYFLY_TOKEN_FILE: 'token.jwt',
  MAYFLY_KEY_ALGORITHM: 'P-1',
  MAYFLY_REUSE_KEY: 'maybe',
}

describe('mayfly doctor of a deployment', () => {
  it('takes no variable that is for an agent', async () => {
    const { folder } = await client()
    const { findings } = await examine(folder, [], { variables: agentVariables })
    expect(findings.map(({ id }) => id)).toContain('service-health')
  })

  it('examines the tenant that a variable names', async () => {
    const { folder } = await client()
    const variables = { ...agentVariables, MAYFLY_TENANT: '../x' }
    await expect(examine(folder, [], { variables })).toRefuse('tenant-unknown')
  })
})
