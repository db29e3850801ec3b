import { chmod, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { processWorld } from '../../cli/agent/processWorld.ts'
import { runQuickly } from '../../cli/runQuickly.ts'
import { credentialSpec } from '../../client/agent/credentialSpec.ts'
import { keepCredential } from '../../client/agent/keepCredential.ts'
import { openServiceClock } from '../../client/agent/serviceClock.ts'
import { credentialFolder } from '../../client/credential/credentialFolder.ts'
import { fileSource } from '../../client/token/fileSource.ts'
import { standInService } from '../client/agent/standInService.ts'
import { temporaryFolder } from '../local/temporaryFolder.ts'
import { runCommand, testDeployment } from './runCommand.ts'

const now = () => new Date()

/** Gets a certificate as the agent does. */
const obtain = async (url: string, folder: string, token: string): Promise<void> => {
  const store = credentialFolder(folder)
  const source = { token: fileSource(token), readDeviceTokens: async () => ({}), isInteractive: false }
  const spec = credentialSpec({ folder, store, files: store.files, url, tenant: 'contoso', ...source })
  const world = { ...processWorld({ now }), report: () => undefined }
  const { signal } = new AbortController()
  await keepCredential(spec, { world, clock: openServiceClock(world, 0), signal })
}

/** A folder with a certificate for an hour, and a mayfly.toml that describes it. */
const bench = async () => {
  const folder = await temporaryFolder()
  const service = await standInService(now)
  const inside = (name: string) => join(folder, name)
  const [token, out, config] = [inside('ada.jwt'), inside('ada'), inside('mayfly.toml')]
  await writeFile(token, 'a.b.c')
  await obtain(service.url, out, token)
  const words = ['--url', service.url, '--tenant', 'contoso', '--token-file', token, '--out', out]
  const toml = `url = "${service.url}"\ntenant = "contoso"\n[[credentials]]\nfolder = "ada"\ntoken = { kind = "file", file = "ada.jwt" }\n`
  await writeFile(config, toml, { mode: 0o600 })
  const noticed: string[] = []
  const whole = (...args: readonly string[]) =>
    runCommand(['agent', 'ensure', ...args], testDeployment(folder), { now, notices: noticed })
  const quick = async (args: readonly string[], variables = {}) => {
    const told: string[] = []
    const notices: string[] = []
    const terminal = {
      writeResult: async (text: string) => void told.push(text),
      writeNotice: (text: string) => void notices.push(text),
    } as unknown as Parameters<typeof runQuickly>[1]['terminal']
    const code = await runQuickly(['agent', 'ensure', ...args], { variables, now, terminal })
    return { code, told: told.join(''), notices }
  }
  const change = async (changes: object) => {
    const file = join(out, 'agent.json')
    const state = JSON.parse(await readFile(file, 'utf8')) as object
    await writeFile(file, JSON.stringify({ ...state, ...changes }))
  }
  const tokens = () => service.served.slice(1).map((one) => one.token)
  return { folder, out, config, toml, words, tokens, whole, noticed, quick, change }
}

const later = (minutes: number) => new Date(Date.now() + 60_000 * minutes).toISOString()

describe('mayfly agent ensure, where there is nothing to do,', () => {
  it('is told by the first part as by the whole program, by options, variables and a configuration', async () => {
    const { out, config, words, whole, quick, tokens } = await bench()
    const { text, json } = await whole(...words)
    expect(await quick(words)).toEqual({ code: 0, told: `${text}\n`, notices: [] })
    const { told } = await quick(['--config', config, '--json'])
    expect(JSON.parse(told)).toEqual(JSON.parse(JSON.stringify(json)))
    expect((await whole('--config', config)).json).toEqual(json)
    const variables = { MAYFLY_TENANT: 'contoso', MAYFLY_TOKEN_COMMAND: 'secret', MAYFLY_OUT: out }
    expect(await quick([], variables)).toEqual({
      code: 0,
      told: `${text}\n`,
      notices: [
        `with out ${out} (MAYFLY_OUT), tenant contoso (MAYFLY_TENANT), token-command (MAYFLY_TOKEN_COMMAND)`,
      ],
    })
    expect(tokens()).toEqual([])
  })

  it.each<readonly [string, readonly string[]]>([
    ['help', ['--help']],
    ['an option that there is not', ['--nonsense']],
    ['two sources of tokens', ['--token-command', 'x']],
    ['a duration that is none', ['--min-left', 'soon']],
    ['a store that is no folder', ['--store', 'windows']],
    ['a certificate that ends too soon', ['--min-left', '2h']],
    ['a folder without a certificate', ['--out', 'elsewhere']],
  ])('leaves to the whole program: %s', async (_, more) => {
    const { words, quick } = await bench()
    expect(await quick([...words, ...more])).toEqual({ code: undefined, told: '', notices: [] })
  })

  it.each<readonly [string, object]>([
    ['a hook that is due', { hooksDue: [{ hook: 'renew', facts: {} }] }],
    ['a certificate that somebody else put there', { serialNumber: '01' }],
    ['a renewal whose time has come', { renewAt: later(-1), retryAt: later(-1) }],
    ['a service whose clock is beyond the end', { clockAheadSeconds: 7200 }],
    ['a certificate of another tenant', { tenant: 'fabrikam' }],
  ])('leaves to the whole program: %s', async (_, changes) => {
    const { words, quick, change } = await bench()
    await change(changes)
    expect(await quick(words)).toMatchObject({ code: undefined, told: '' })
  })

  it('wants ten minutes of a certificate where nobody says how long', async () => {
    const { words, quick, change } = await bench()
    await change({ clockAheadSeconds: 3300, renewAt: later(59) })
    expect(await quick(words)).toMatchObject({ code: undefined })
    expect(await quick([...words, '--min-left', '4m'])).toMatchObject({ code: 0 })
  })

  it('takes a clock for right that was ahead when the service was asked last, and was set since', async () => {
    const { words, quick, change } = await bench()
    await change({ clockAheadSeconds: -7200, machineStartedAt: later(-1_000_000) })
    expect(await quick(words)).toMatchObject({ code: 0 })
  })

  /** A failure just now, by a service whose clock is so many minutes ahead. */
  const paused = (minutes: number, isRefusal: boolean) => {
    const at = later(minutes)
    const lastError = { code: 'fault', detail: '', remedy: '', isRefusal, since: at, at }
    const until = later(minutes + 4)
    return {
      clockAheadSeconds: 60 * minutes,
      renewAt: later(-1),
      retryAt: until,
      askedUntil: until,
      lastError,
    }
  }

  it.each<readonly [string, number, boolean, string, number]>([
    ['4 where it may pass', 0, false, '2h', 4],
    ['4 where the certificate is short by the clock of the service', 30, false, '45m', 4],
    ['3 where the certificate ended and the service refused', 120, true, '1m', 3],
  ])(
    'leaves a pause after a failure to the whole program, which ends with %s',
    async (...[, minutes, isRefusal, least, code]) => {
      const { words, out, quick, change, whole, noticed, tokens } = await bench()
      await change(paused(minutes, isRefusal))
      const longer = [...words, '--min-left', least]
      expect(await quick(longer)).toMatchObject({ code: undefined })
      expect(await whole(...longer)).toMatchObject({ exitCode: code })
      expect(noticed).toEqual([`the certificate in ${out} ends sooner than is wanted of it`])
      expect(tokens()).toEqual([])
    },
  )

  it('tries again before a connection what failed a minute ago, unlike an agent that nobody waits for', async () => {
    const { words, quick, change, whole, tokens } = await bench()
    const at = later(-1)
    const lastError = { code: 'fault', detail: '', remedy: '', isRefusal: false, since: at, at }
    await change({ renewAt: at, retryAt: later(4), lastError })
    expect(await quick(words)).toMatchObject({ code: undefined })
    expect(await whole(...words)).toMatchObject({ exitCode: 0 })
    expect(tokens()).toEqual(['a.b.c'])
  })

  it.runIf(process.platform !== 'win32')('has a name lead again to what is held', async () => {
    const { out, words, quick, whole, tokens } = await bench()
    const key = join(out, 'key.pem')
    const held = await readFile(key, 'utf8')
    await rm(key)
    await writeFile(key, 'strange')
    expect(await quick(words)).toMatchObject({ code: undefined })
    expect(await whole(...words)).toMatchObject({ exitCode: 0 })
    expect(await readFile(key, 'utf8')).toBe(held)
    expect(await quick(words)).toMatchObject({ code: 0 })
    expect(tokens()).toEqual([])
  })

  it.each<readonly [string, (toml: string) => string, readonly string[]]>([
    ['no TOML', (toml) => `${toml}[`, []],
    ['no credentials', (toml) => toml.replace(/\[\[cred[^]*/, ''), []],
    ['a credential in another store', (toml) => `${toml}store = "keychain"\n`, []],
    [
      'a second one in another store',
      (toml) => `${toml}[[credentials]]\nfolder = "eve"\nstore = "keychain"\n`,
      [],
    ],
    ['a credential without a folder', (toml) => toml.replace(/^folder.*$/m, ''), []],
    ['an option beside it', (toml) => toml, ['--reuse-key']],
  ])('leaves to the whole program a configuration with %s', async (_, edit, more) => {
    const { config, toml, quick } = await bench()
    await writeFile(config, edit(toml))
    expect(await quick(['--config', config, ...more])).toMatchObject({ code: undefined, told: '' })
  })

  it.skipIf(process.platform === 'win32')('takes no configuration that others can write to', async () => {
    const { config, quick, whole } = await bench()
    await chmod(config, 0o666)
    expect(await quick(['--config', config])).toMatchObject({ code: undefined })
    await expect(whole('--config', config)).rejects.toMatchObject({ code: 'path-shared' })
  })

  it('is no other command', async () => {
    const { words } = await bench()
    const machine = { variables: {}, now } as Parameters<typeof runQuickly>[1]
    for (const args of [[], ['agent'], ['agent', 'status', ...words], ['enroll', ...words]])
      expect(await runQuickly(args, machine)).toBeUndefined()
  })
})

it.skipIf(process.platform === 'win32')(
  'mayfly agent ensure tells a token command that somebody is there',
  async () => {
    const { words, whole, tokens } = await bench()
    const byCommand = words.map((word) => (word === '--token-file' ? '--token-command' : word))
    const command = byCommand.with(byCommand.indexOf('--token-command') + 1, 'echo a.b.$MAYFLY_INTERACTIVE')
    expect(await whole(...command, '--out', `${words.at(-1)}2`)).toMatchObject({ exitCode: 0 })
    expect(tokens()).toEqual(['a.b.1'])
  },
)

describe('mayfly agent ensure --config', () => {
  it('renews those of its credentials that are to be renewed, and no other', async () => {
    const { config, toml, whole, tokens, folder } = await bench()
    const other = '[[credentials]]\nfolder = "bob"\ntoken = { kind = "file", file = "bob.jwt" }\n'
    await writeFile(join(folder, 'bob.jwt'), 'b.b.b')
    await writeFile(config, `${toml}${other}`)
    const { json, exitCode } = await whole('--config', config)
    expect(exitCode).toBe(0)
    const held = {
      credentials: ['ada', 'bob'].map((name) => ({ folder: join(folder, name), state: 'valid' })),
    }
    expect(json).toMatchObject(held)
    expect(tokens()).toEqual(['b.b.b'])
  })

  it('goes on with the others where one fails, and ends with why', async () => {
    const { config, toml, whole, tokens, folder } = await bench()
    const others = ['none', 'bob'].map(
      (name) => `[[credentials]]\nfolder = "${name}"\ntoken = { kind = "file", file = "${name}.jwt" }\n`,
    )
    await writeFile(join(folder, 'bob.jwt'), 'b.b.b')
    await writeFile(config, toml + others.join(''))
    await expect(whole('--config', config)).rejects.toMatchObject({
      detail: expect.stringContaining('none.jwt') as string,
    })
    expect(tokens()).toEqual(['b.b.b'])
  })

  it('refuses a configuration that keeps no credential', async () => {
    const { config, toml, whole } = await bench()
    await writeFile(config, toml.replace(/\[\[cred[^]*/, '[[bundles]]\nfolder = "trust"\n'))
    await expect(whole('--config', config)).rejects.toMatchObject({ code: 'usage-wrong' })
  })
})
