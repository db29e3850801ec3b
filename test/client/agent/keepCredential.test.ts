import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { noState } from '../../../client/agent/agentState.ts'
import { type CredentialSettings, credentialSpec } from '../../../client/agent/credentialSpec.ts'
import { keepCredential } from '../../../client/agent/keepCredential.ts'
import { openServiceClock } from '../../../client/agent/serviceClock.ts'
import { credentialFolder } from '../../../client/credential/credentialFolder.ts'
import type { TokenSource } from '../../../client/token/tokenSource.ts'
import { freePort } from '../../../local/freePort.ts'
import { temporaryFolder } from '../../local/temporaryFolder.ts'
import { problemReply } from '../serve.ts'
import { certificateFor, startService } from '../tlsService.ts'
import { credentialInMemory } from './credentialInMemory.ts'
import { simulatedTime } from './simulatedTime.ts'
import { type Instead, standInService } from './standInService.ts'

const begin = new Date('2026-03-02T08:00:00Z')
const minute = 60_000
const hour = 60 * minute

/** A machine at a time of the test's own; the agent on it is begun anew by `restart`, with no more than its disk has. */
const machine = () => {
  const time = simulatedTime(begin, 4)
  const { signal } = new AbortController()
  const world = {
    ...time.world,
    environment: { PATH: process.env.PATH, MAYFLY_TOKEN_COMMAND: 'echo canary' },
  }
  let clock = openServiceClock(world, 0)
  return {
    time,
    look: (
      spec: Parameters<typeof keepCredential>[0],
      changes: { hasChanged?: boolean; signal?: AbortSignal } = {},
    ) => keepCredential(spec, { world, clock, signal, ...changes }),
    /** Time passes; nobody waits for it. */
    pass: (milliseconds: number) => time.sleep(milliseconds),
    restart: () => (clock = openServiceClock(world, 0)),
    texts: () => JSON.stringify(time.events),
  }
}

/** A source that counts how often it is asked. */
const counting = (kind: TokenSource['kind'] = 'command') => {
  const counted = { asked: 0 }
  const source: TokenSource = {
    kind,
    answersChallenges: true,
    get: async () => `a.${(counted.asked += 1)}.c`,
  }
  return { counted, source }
}

/** A credential in a folder of the disk. */
const onDisk = async (url: string, changes: Partial<CredentialSettings> = {}) => {
  const folder = join(await temporaryFolder(), 'ada')
  const store = credentialFolder(folder)
  return credentialSpec({
    folder,
    store,
    files: store.files,
    url,
    tenant: 'contoso',
    token: counting().source,
    readDeviceTokens: async () => ({}),
    isInteractive: false,
    ...changes,
  })
}

/** A hook that writes its environment into a file, and ends as a test says: a number for each run. */
const hook = async (...ends: readonly number[]) => {
  const folder = await temporaryFolder()
  const [file, told] = [join(folder, 'hook'), join(folder, 'told')]
  await writeFile(join(folder, 'ends'), `${[...ends, 0].join('\n')}\n`)
  const lines = [
    '#!/bin/sh',
    `env | grep ^MAYFLY_ | sort | tr '\\n' ';' >> '${told}'; echo >> '${told}'`,
    `end=$(head -n 1 '${folder}/ends'); sed -i 1d '${folder}/ends'; exit "\${end:-0}"`,
  ]
  await writeFile(file, lines.join('\n'))
  await chmod(file, 0o755)
  return { file, runs: async () => (await readFile(told, 'utf8').catch(() => '')).trim().split('\n') }
}

const refusing: Instead = () => problemReply(403, 'device-not-compliant')

describe.skipIf(process.platform === 'win32')('the hooks of a credential', () => {
  it('run again until they succeed, with the facts of the renewal, and ask for nothing meanwhile', async () => {
    const { look, pass, time } = machine()
    const service = await standInService(time.now)
    const { file, runs } = await hook(3, 4)
    const spec = await onDisk(service.url, { onRenew: file })
    for (const [failure, count] of [
      ['ended with 3', 1],
      ['ended with 4', 2],
    ] as const) {
      const { until } = await look(spec)
      expect(until).toEqual(new Date(time.now().getTime() + 2 * minute))
      expect((await spec.state.read()).hookError).toBe(failure)
      expect(await runs()).toHaveLength(count)
      pass(2 * minute)
    }
    const { until, renewAt } = await look(spec)
    expect(until).toEqual(renewAt)
    const state = await spec.state.read()
    expect(state).toMatchObject({ hooksDue: [] })
    expect(state.hookError).toBeUndefined()
    await look(spec)
    const told = await runs()
    expect(new Set(told).size).toBe(1)
    expect(told).toHaveLength(3)
    expect(told[0]).toContain(`MAYFLY_SERIAL_NUMBER=${state.serialNumber};`)
    expect(told[0]).toContain(`MAYFLY_KEY_FILE=${join(spec.folder, 'key.pem')};`)
    expect(service.served).toHaveLength(1)
  })

  it('do not displace each other: a refusal after a renewal that was not loaded', async () => {
    const { look, pass, time } = machine()
    let isRefusing = false
    const service = await standInService(time.now, (...asked) =>
      isRefusing ? refusing(...asked) : undefined,
    )
    const [renewed, refused] = [await hook(1, 1), await hook(1, 1)]
    const spec = await onDisk(service.url, { onRenew: renewed.file, onRefused: refused.file })
    await look(spec)
    isRefusing = true
    pass(50 * minute)
    await look(spec)
    const due = async () => (await spec.state.read()).hooksDue?.map((one) => one.hook)
    expect(await due()).toEqual(['renew', 'refused'])
    await look(spec)
    expect(await due()).toEqual(['refused'])
    await look(spec)
    expect(await due()).toEqual([])
    expect([await renewed.runs(), await refused.runs()].map((all) => all.length)).toEqual([3, 3])
    expect((await refused.runs())[0]).toMatch(/MAYFLY_CODE=device-not-compliant;.*MAYFLY_EVENT=refused;/)
  })

  it('hear of a certificate that was put into use by an agent that was killed right then, whose names lead there', async () => {
    const { look, time } = machine()
    const service = await standInService(time.now)
    const { file, runs } = await hook()
    const spec = await onDisk(service.url, { onRenew: file })
    let writes = 0
    const killed = {
      ...spec,
      state: {
        ...spec.state,
        write: () => ((writes += 1) === 1 ? Promise.resolve() : Promise.reject(new Error('killed'))),
      },
    }
    await expect(look(killed)).rejects.toThrow('killed')
    expect(await runs()).toEqual([''])
    for (const name of ['key.pem', 'chain.pem']) await rm(join(spec.folder, name))
    await look(spec)
    await look(spec)
    expect(await runs()).toEqual([
      expect.stringContaining(`MAYFLY_SERIAL_NUMBER=${(await spec.store.held())?.serialNumber};`),
    ])
    expect(await readFile(join(spec.folder, 'key.pem'), 'utf8')).toContain('PRIVATE KEY')
    expect(await readFile(join(spec.folder, 'chain.pem'), 'utf8')).toContain('CERTIFICATE')
    expect(service.served).toHaveLength(1)
  })

  it('are told nothing of tokens, whatever these are, nor is the log or what is remembered', async () => {
    const { file, runs } = await hook()
    const token = fc.stringMatching(/^[\w.~+/-]{12,80}={0,2}$/)
    let seen = ''
    await fc.assert(
      fc.asyncProperty(token, token, token, fc.boolean(), async (one, posture, attestation, isRefused) => {
        const { look, time, texts } = machine()
        const service = await standInService(time.now, isRefused ? refusing : undefined)
        const spec = await onDisk(service.url, {
          token: { kind: 'command', answersChallenges: true, get: async () => one },
          readDeviceTokens: async () => ({ posture, attestation }),
          onRenew: file,
          onRefused: file,
        })
        await look(spec)
        expect(service.served[0]?.token).toBe(one)
        const key = await readFile(join(spec.folder, isRefused ? 'pending-key.pem' : 'key.pem'), 'utf8')
        const state = await readFile(join(spec.folder, 'agent.json'), 'utf8')
        seen = [texts(), state, (await runs()).at(-1)].join('\n')
        const secrets = [one, posture, attestation, 'canary', key.split('\n')[1] ?? '']
        for (const secret of secrets) expect(seen).not.toContain(secret)
      }),
      { numRuns: 12 },
    )
    expect(seen).toContain('MAYFLY_TENANT=contoso')
  })
})

describe('keepCredential()', () => {
  it('asks nobody for a token where nothing can be remembered, such as on a full disk', async () => {
    const { look, time } = machine()
    const service = await standInService(time.now)
    const { counted, source } = counting()
    const full = Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' })
    const spec = credentialInMemory(service.url, { token: source })
    const broken = { ...spec, state: { ...spec.state, write: () => Promise.reject(full) } }
    await expect(look(broken)).rejects.toThrow('ENOSPC')
    expect([counted.asked, service.served.length]).toEqual([0, 0])
    await look(spec)
    expect(spec.inUse()).toBeDefined()
  })

  it('goes on with one request where what it remembers is damaged', async () => {
    const { look, pass, time } = machine()
    const service = await standInService(time.now)
    const spec = await onDisk(service.url)
    await look(spec)
    const { renewAt } = await spec.state.read()
    for (const text of [
      '',
      '{"version":1',
      JSON.stringify({ ...noState, hooksDue: 'x', retryAt: '9999-01-01' }),
    ]) {
      await writeFile(join(spec.folder, 'agent.json'), text)
      await look(spec)
      const { serialNumber, renewAt: anew } = await spec.state.read()
      expect(serialNumber).toBe((await spec.store.held())?.serialNumber)
      expect(Date.parse(anew ?? '')).toBeGreaterThan(begin.getTime())
    }
    expect(renewAt).toBeDefined()
    pass(46 * minute)
    await look(spec)
    expect(service.served.map(({ status }) => status)).toEqual([201, 201])
  })

  it.each([
    ['of a pause', { retryAt: new Date(begin.getTime() + 24 * hour).toISOString() }],
    ['of a moment to renew at', { renewAt: new Date(begin.getTime() + 24 * hour).toISOString() }],
  ])('does not believe %s that no agent makes', async (_, change) => {
    const { look, pass, time } = machine()
    const service = await standInService(time.now)
    const spec = credentialInMemory(service.url)
    await look(spec)
    await spec.state.write({ ...spec.remembered(), ...change })
    pass(51 * minute)
    await look(spec)
    expect(service.served).toHaveLength(2)
  })

  it('is not held up by failures of an hour that its clock made up, once it begins with the right one', async () => {
    const { look, restart, time } = machine()
    let isAway = true
    const service = await standInService(time.now, () => (isAway ? 'away' : undefined))
    const spec = credentialInMemory(service.url)
    time.setClock(hour)
    restart()
    await look(spec)
    expect(spec.remembered().lastError?.at).toBe(new Date(begin.getTime() + hour).toISOString())
    isAway = false
    time.setClock(0)
    restart()
    await look(spec)
    expect(spec.inUse()).toBeDefined()
  })

  it('remembers nothing of an attempt that a signal ended', async () => {
    const { look, time } = machine()
    const service = await standInService(time.now)
    const stop = new AbortController()
    const token: TokenSource = {
      kind: 'command',
      answersChallenges: false,
      get: (_, signal) => {
        stop.abort()
        return Promise.reject(signal.reason as Error)
      },
    }
    const spec = credentialInMemory(service.url, { token })
    await look(spec, { signal: stop.signal })
    expect(spec.remembered()).toEqual(noState)
    expect(time.events).toEqual([])
  })

  it.skipIf(process.platform === 'win32')('renews nothing in a folder that others can write to', async () => {
    const { look, time } = machine()
    const service = await standInService(time.now)
    const { counted, source } = counting()
    const spec = await onDisk(service.url, { token: source })
    await mkdir(spec.folder)
    await chmod(spec.folder, 0o777)
    await expect(look(spec)).toRefuse('path-shared', /the folder/)
    expect([counted.asked, service.served]).toEqual([0, []])
  })

  it("takes a stranger's certificate for the network that somebody has to pay for first, no refusal", async () => {
    const { look } = machine()
    const portal = await startService(await certificateFor('localhost'))
    const spec = credentialInMemory(`https://localhost:${portal.port}`)
    const { error } = await look(spec)
    expect(error).toMatchObject({ code: 'service-untrusted' })
    expect(spec.remembered().lastError?.isRefusal).toBe(false)
  })

  it('takes what somebody else enrolled, and chooses a moment for it once', async () => {
    const { look, time } = machine()
    const service = await standInService(time.now)
    const spec = credentialInMemory(service.url)
    await look(spec)
    await spec.state.write({ ...noState, serialNumber: 'other' })
    const { until } = await look(spec)
    expect((await look(spec)).until).toEqual(until)
    expect(service.served).toHaveLength(1)
  })
})

describe('what somebody put into the folder by hand', () => {
  it('is replaced by what is held, where it is in the place of a name, and the hook hears of it', async () => {
    const { look, time } = machine()
    const service = await standInService(time.now)
    const { file, runs } = await hook()
    const spec = await onDisk(service.url, { onRenew: file })
    await look(spec)
    const certificate = join(spec.folder, 'certificate.pem')
    const held = await readFile(certificate, 'utf8')
    await rm(certificate)
    await writeFile(certificate, await certificateFor('strange'))
    await look(spec)
    await look(spec)
    expect(await readFile(certificate, 'utf8')).toBe(held)
    expect(service.served).toHaveLength(1)
    expect(await runs()).toHaveLength(2)
  })

  it('is renewed at once where it lives too long to be of a service, and tried again where that fails', async () => {
    const { look, pass, time } = machine()
    let isRefusing = true
    const service = await standInService(time.now, (...given) =>
      isRefusing ? refusing(...given) : undefined,
    )
    const spec = credentialInMemory(service.url)
    const held = { serialNumber: '1', notBefore: begin, notAfter: new Date('2036-03-02T08:00:00Z') }
    const years = { ...spec, store: { ...spec.store, held: async () => spec.inUse() ?? held } } as typeof spec
    expect((await look(years)).error).toMatchObject({ code: 'device-not-compliant' })
    isRefusing = false
    pass(20 * minute)
    expect((await look(years)).held?.serialNumber).not.toBe('1')
    await look(years)
    expect(service.served.map(({ status }) => status)).toEqual([403, 201])
  })
})

describe('a certificate of another tenant than the configuration names', () => {
  it('is followed by another one at once, and tried for again where that fails', async () => {
    const { look, pass, time } = machine()
    let isOut = false
    const service = await standInService(time.now, () => (isOut ? 'away' : undefined))
    const spec = credentialInMemory(service.url)
    await look(spec)
    pass(minute)
    const moved = { ...spec, tenant: 'fabrikam' }
    isOut = true
    const { until } = await look(moved)
    expect(until.getTime() - time.now().getTime()).toBeLessThanOrEqual(15_000)
    expect(spec.remembered()).toMatchObject({ tenant: 'contoso', failures: 1 })
    isOut = false
    pass(minute)
    expect((await look(moved)).error).toBeUndefined()
    expect(spec.remembered()).toMatchObject({ tenant: 'fabrikam', url: service.url })
    const { length } = service.served
    pass(minute)
    await look(moved)
    expect(service.served).toHaveLength(length)
  })

  it('is not looked for where what is remembered does not say whose it is', async () => {
    const { look, pass, time } = machine()
    const service = await standInService(time.now)
    const spec = credentialInMemory(service.url)
    await look(spec)
    const { tenant: _, url: __, ...old } = spec.remembered()
    await spec.state.write(old)
    pass(minute)
    await look({ ...spec, tenant: 'fabrikam' })
    expect(service.served).toHaveLength(1)
  })
})

describe('a fault of the machine', () => {
  it('is remembered with what to do about it here', async () => {
    const { look, time } = machine()
    const service = await standInService(time.now)
    const spec = credentialInMemory(service.url)
    const full = { ...spec.store, accept: () => Promise.reject(new Error('ENOSPC: no space left on device')) }
    await look({ ...spec, store: full })
    expect(spec.remembered().lastError).toMatchObject({
      code: 'fault',
      detail: expect.stringContaining('ENOSPC') as string,
      remedy: expect.stringMatching(/disk that is full/) as string,
    })
  })
})

describe('a token', () => {
  const away = (): Promise<string> => freePort().then((port) => `http://127.0.0.1:${port}`)
  it('is not asked for while the service is away, and is once it is there', async () => {
    const { look, pass, time } = machine()
    const { counted, source } = counting()
    const spec = credentialInMemory(await away(), { token: source })
    for (let looks = 0; looks < 4; looks++) {
      const { error } = await look(spec)
      expect(error).toMatchObject({
        code: 'service-unavailable',
        detail: expect.stringMatching(/Cannot reach .*ECONNREFUSED/) as string,
      })
      pass(10 * minute)
    }
    expect(counted.asked).toBe(0)
    expect(spec.remembered().failures).toBe(4)
    const service = await standInService(time.now)
    expect((await look({ ...spec, url: service.url })).error).toBeUndefined()
    expect(counted.asked).toBe(1)
    // Nothing was sent but the request itself.
    expect(service.served.map(({ status }) => status)).toEqual([201])
  })

  it('is not asked for of a host whose name leads nowhere', async () => {
    const { look } = machine()
    const { counted, source } = counting()
    const spec = credentialInMemory('https://service.invalid', { token: source, isInteractive: true })
    await look(spec)
    expect(counted.asked).toBe(0)
    expect(spec.remembered().lastError?.code).toBe('service-unavailable')
  })

  it('that a file holds is read each time: that costs nothing', async () => {
    const { look } = machine()
    const { counted, source } = counting('file')
    const spec = credentialInMemory(await away(), { token: source })
    await look(spec)
    expect(counted.asked).toBe(1)
  })
})
