import { createServer } from 'node:http'
import { chmod, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { findGeneration } from '../../lib/authority/change/plan.ts'
import { readAuthority } from '../../lib/authority/authority.ts'
import { openTables } from '../../lib/store/openTables.ts'
import { parseTenantId } from '../../lib/tenant/tenantId.ts'
import { runCommand } from '../cli/runCommand.ts'
import { listen, type Reply, serve } from '../client/serve.ts'
import { temporaryFolder } from '../local/temporaryFolder.ts'
import { startAgent } from '../cli/agent/agentProcess.ts'
import { type LocalStack, startLocalStack } from './localStack.ts'

let stack: LocalStack
type Tenant = 'contoso' | 'woodgrove'

beforeAll(async () => {
  stack = await startLocalStack()
})

afterAll(async () => {
  vi.useRealTimers()
  await stack.stop()
})

const begun = performance.timeOrigin
const realNow = (): Date => new Date(begun + performance.now())
let ahead = 0

/** Runs a command of an administrator, whose change the service, which is in this process, sees at once instead of within a minute. */
const mayfly = async (words: string) => {
  const outcome = await runCommand(words.split(' '), stack.deployment, { now: realNow(), answer: true })
  vi.useFakeTimers({ toFake: ['Date'], now: realNow().getTime() + (ahead += 61_000) })
  return outcome as { readonly json: Readonly<Record<string, unknown>> }
}

const rootOf = async (tenant: Tenant): Promise<string> => {
  const { connectionString } = stack.deployment.tables
  const tables = openTables({ kind: 'connectionString', connectionString })
  const authority = await readAuthority(tables, parseTenantId(tenant))
  if (!authority) throw new Error('The demo has no authority.')
  return findGeneration(authority, 'root 1').digest
}

const bundleOf = async (tenant: Tenant): Promise<string> =>
  (await fetch(`${stack.url}/v1/${tenant}/trust.jws`)).text()

const consent = ['--force', '--yes', '--reason', 'test'].join(' ')

/** The commands of a roll-over of the issuer, and of one of the root; each makes a bundle. */
const rollOvers = [
  'authority stage-issuer --tenant contoso',
  `authority activate --tenant contoso --generation issuer~0002 ${consent}`,
  `authority deactivate --tenant contoso --generation issuer~0001 ${consent}`,
  `authority activate --tenant contoso --generation root~0002 ${consent}`,
  'authority stage-issuer --tenant contoso',
  `authority activate --tenant contoso --generation issuer~0003 ${consent}`,
]

/** Makes the next bundle of a tenant, whatever the one in force has. */
const makeNext = async (tenant: Tenant): Promise<void> => {
  const { json } = await mayfly(`authority status --tenant ${tenant}`)
  const generations = json.generations as readonly { readonly id: string; readonly state: string }[]
  const staged = generations.find(({ id, state }) => id.startsWith('issuer') && state === 'staged')
  await mayfly(
    staged
      ? `authority activate --tenant ${tenant} --generation ${staged.id} ${consent}`
      : `authority stage-issuer --tenant ${tenant}`,
  )
}

/** A hook that writes down what it was told, and fails while there is a file that says so. */
const makeHook = async (folder: string): Promise<string> => {
  const file = join(folder, 'hook with ümlaut')
  const lines = [
    '#!/bin/sh',
    `echo "$MAYFLY_TRUST_SEQUENCE $MAYFLY_TRUST_PUT_BACK $(grep -o 'Trust bundle [0-9]* of' "$MAYFLY_TRUST_PEM" | head -n 1)" >> '${folder}/runs'`,
    `! test -e '${folder}/fails'`,
  ]
  await writeFile(file, lines.join('\n'))
  await chmod(file, 0o755)
  return file
}

interface State {
  readonly places: { behindSince?: string; readonly name: string }[]
  nextAt: string
}

/** What an agent remembers of a bundle, once it has done what it looked for. */
const remembered = (folder: string): Promise<State> =>
  vi.waitFor(
    async () => {
      const state = JSON.parse(await readFile(join(folder, 'sync.json'), 'utf8')) as State
      expect(Date.parse(state.nextAt)).toBeGreaterThan(realNow().getTime())
      return state
    },
    { timeout: 60_000 },
  )

/** Makes the next look of an agent due, of which the state beside the bundle tells when it is. */
const hurry = async (folder: string, change: (state: State) => void = () => undefined) => {
  const state = await remembered(folder)
  state.nextAt = new Date(0).toISOString()
  change(state)
  await writeFile(join(folder, 'sync.json'), JSON.stringify(state))
}

describe.skipIf(process.platform === 'win32')('mayfly agent --config, of a server', () => {
  let folder: string
  let secret: string
  let party = 0

  beforeEach(async () => {
    folder = await temporaryFolder()
    party += 1
  })

  /** Adds a relying party of its own to a tenant. @returns the member that names it. */
  const reporting = async (tenant: Tenant): Promise<string> => {
    const { json } = await mayfly(`relying-party add --tenant ${tenant} --name gateway-${party}`)
    secret = String(json.secret)
    await writeFile(join(folder, 'secret'), secret, { mode: 0o600 })
    return `relying-party = { name = "gateway-${party}", secret-file = "secret" }`
  }

  const table = async (tenant: Tenant, name: string, ...more: readonly string[]) =>
    [
      '[[bundles]]',
      `tenant = "${tenant}"`,
      `folder = "${name}"`,
      `anchors = ["${await rootOf(tenant)}"]`,
      ...more,
    ].join('\n')

  const mirrorsOf = (...urls: readonly string[]) =>
    `mirrors = [${urls.map((url) => `{ url = "${url}" }`).join(', ')}]`

  const write = async (...tables: readonly string[]) => {
    const file = join(folder, 'mayfly.toml')
    await writeFile(file, [`url = "${stack.url}"`, ...tables].join('\n\n'))
    return file
  }

  const installedHere = async () => {
    const { json } = await mayfly('relying-party list --tenant contoso')
    const all = json.relyingParties as readonly {
      readonly name: string
      readonly installedSequence?: number
    }[]
    return all.find(({ name }) => name === `gateway-${party}`)?.installedSequence
  }

  const runs = async () => (await readFile(join(folder, 'runs'), 'utf8')).trim().split('\n')

  it('keeps bundles of several tenants, follows two roll-overs, and reports what the hook loaded', async () => {
    const hook = await makeHook(folder)
    const [vpn, other] = [join(folder, 'vpn'), join(folder, 'other')]
    const file = await write(
      await table('contoso', 'vpn', await reporting('contoso'), `on-trust-change = "${hook}"`),
      await table('woodgrove', 'other'),
    )
    const agent = startAgent(['--config', file])
    const first = await agent.next({ event: 'trust-adopted', subject: vpn })
    expect(await installedHere()).toBe(first.sequence)
    let sequence = Number(first.sequence)
    for (const command of rollOvers) {
      await mayfly(command)
      await hurry(vpn)
      agent.child.kill('SIGHUP')
      const adopted = await agent.next({ event: 'trust-adopted', subject: vpn })
      expect(adopted.sequence).toBe((sequence += 1))
      expect(await installedHere()).toBe(sequence)
      expect(await readFile(join(vpn, 'trust.jws'), 'utf8')).toBe(await bundleOf('contoso'))
    }
    const all = await runs()
    // Once for each, with its files in place, and before it was reported.
    expect(all).toEqual(
      Array.from({ length: rollOvers.length + 1 }, (_, index) => {
        const one = Number(first.sequence) + index
        return `${one} 0 Trust bundle ${one} of`
      }),
    )
    expect(await readFile(join(other, 'trust.jws'), 'utf8')).toBe(await bundleOf('woodgrove'))

    // The hook fails: servers keep the files that they loaded, and nothing else is reported.
    await writeFile(join(folder, 'fails'), '')
    await mayfly(`authority deactivate --tenant contoso --generation issuer~0002 ${consent}`)
    await hurry(vpn)
    agent.child.kill('SIGHUP')
    const failed = await agent.next({ event: 'trust-not-loaded', subject: vpn })
    expect(failed).toMatchObject({ level: 'error', sequence: sequence + 1, isPutBack: true })
    await agent.next({ event: 'trust-adopted', subject: vpn })
    expect(await installedHere()).toBe(sequence)
    expect((await runs()).slice(-2)).toEqual([
      `${sequence + 1} 0 Trust bundle ${sequence + 1} of`,
      `${sequence} 1 Trust bundle ${sequence} of`,
    ])
    expect((await agent.end('SIGTERM')).code).toBe(0)
    expect(JSON.stringify(agent.lines)).not.toContain(secret)
  })

  it('asks the next one where a mirror lies, whatever it says', async () => {
    const old = await bundleOf('woodgrove')
    const foreign = await bundleOf('contoso')
    const lies: readonly (readonly [what: string, reply: Reply | undefined])[] = [
      ['old', { body: old }],
      ['of another tenant', { body: foreign }],
      ['garbage', { body: 'garbage' }],
      ['a page', { body: '<html>', headers: { 'content-type': 'text/html' } }],
      ['huge', { body: 'x'.repeat(2_000_000) }],
      ['altered', { body: old.replace(/\.[^.]*$/, '.AAAA') }],
      ['a redirect', { status: 302, headers: { location: `${stack.url}/v1/woodgrove/trust.jws` } }],
    ]
    let lie: Reply = { body: old }
    const mirror = await serve(() => lie)
    const trust = join(folder, 'vpn')
    const file = await write(
      await table('woodgrove', 'vpn', mirrorsOf(mirror.url), await reporting('woodgrove')),
    )
    const agent = startAgent(['--config', file])
    await agent.next({ event: 'trust-adopted', subject: trust })
    await makeNext('woodgrove')
    for (const [, reply] of lies) {
      await hurry(trust)
      lie = reply ?? lie
      agent.child.kill('SIGHUP')
      await agent.next({ event: 'trust-adopted', subject: trust })
    }
    // All but the first, which is only behind, and which the service's word counts against for an hour.
    const failures = agent.lines.filter(({ event }) => event === 'trust-failed')
    expect(failures.map(({ place, level }) => [place, level])).toEqual(
      lies.slice(1).map(() => [mirror.url, 'warning']),
    )
    expect(await readFile(join(trust, 'trust.jws'), 'utf8')).toBe(await bundleOf('woodgrove'))
    expect((await agent.end('SIGTERM')).code).toBe(0)
  })

  it('names a mirror that serves what is not in force any more, by the word of the service', async () => {
    const mirror = await serve(() => ({ body: old }))
    const old = await bundleOf('woodgrove')
    const trust = join(folder, 'vpn')
    const file = await write(
      await table('woodgrove', 'vpn', mirrorsOf(mirror.url), await reporting('woodgrove')),
    )
    const agent = startAgent(['--config', file])
    await agent.next({ event: 'trust-adopted', subject: trust })
    await makeNext('woodgrove')
    await hurry(trust)
    agent.child.kill('SIGHUP')
    await agent.next({ event: 'trust-adopted', subject: trust })
    // Believed yet: mirrors copy now and then.
    expect(await readFile(join(trust, 'trust.jws'), 'utf8')).toBe(old)
    const { places } = await remembered(trust)
    expect(places[0]).toMatchObject({ name: mirror.url, behindSince: expect.any(String) as string })
    await hurry(trust, ({ places: [first] }) => {
      if (first) first.behindSince = new Date(realNow().getTime() - 3_660_000).toISOString()
    })
    agent.child.kill('SIGHUP')
    expect(await agent.next({ event: 'trust-frozen' })).toMatchObject({ place: mirror.url, level: 'warning' })
    expect(await readFile(join(trust, 'trust.jws'), 'utf8')).toBe(await bundleOf('woodgrove'))
    expect((await agent.end('SIGTERM')).code).toBe(0)
  })

  it('lets a mirror that never answers hold up nobody else, and ends at once while it is waited for', async () => {
    const silent = createServer(() => undefined)
    const url = `http://127.0.0.1:${await listen(silent)}`
    const file = await write(
      await table('woodgrove', 'slow', mirrorsOf(url)),
      await table('contoso', 'other'),
      await table('woodgrove', 'vpn', await reporting('woodgrove')),
    )
    const agent = startAgent(['--config', file])
    await agent.next({ event: 'trust-adopted', subject: join(folder, 'vpn') })
    expect(await readFile(join(folder, 'other', 'trust.jws'), 'utf8')).toBe(await bundleOf('contoso'))
    await expect(readFile(join(folder, 'slow', 'trust.jws'))).rejects.toThrow('ENOENT')
    const { code, milliseconds } = await agent.end('SIGTERM')
    expect(code).toBe(0)
    expect(milliseconds).toBeLessThan(20_000)
    expect(agent.lines.filter(({ level }) => level !== 'info')).toEqual([])
  })
})
