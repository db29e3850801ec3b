import { readFile, writeFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { lookMilliseconds } from '../../../client/guard/guardSpec.ts'
import { dropHintSeconds } from '../../../lib/drops/dropList.ts'
import { denyFreshMilliseconds } from '../../../lib/tenant/denyList.ts'
import { kindsHere } from './canTunnel.ts'
import { type CaseName, expectedOf, reasonFor, resumption, type Verdict, verdictOf } from './cases.ts'
import { type EndsRow, type Measure, measuredIn, type Seconds, withEndsTable } from './endsTable.ts'
import { endingIn, forge, type Signing } from './forgery.ts'
import { type Installed, install } from './install.ts'
import type { LabMachine, Started } from './lab.ts'
import { endOf, type Heard, isUp, listen, outlive, renewInTime } from './outlive.ts'
import { type RolledOver, rollOver, stageNext, taintIssuer } from './rollOver.ts'
import { activeIssuer, badStock, goodStock, type Stock } from './stock.ts'
import { tunnelKinds } from './tunnelKinds.ts'
import { withTunnelTable } from './tunnelTable.ts'
import type { Dialled, TunnelKind } from './tunnelServer.ts'
import { openTunnelWorld, type TunnelWorld } from './world.ts'

const names = Object.keys(tunnelKinds)
const here = kindsHere(tunnelKinds)
const isHere = (name: string): boolean => here.has(name)

/** All; those that have tunnels, with how long one outlives its certificate; and those that have none. */
const kinds = Object.entries(tunnelKinds).map(([name, kind]) => ({ name, kind }))
const vpns = kinds.flatMap(({ name, kind }) =>
  kind.outlivesSeconds === undefined ? [] : [{ name, kind, most: kind.outlivesSeconds }],
)
const sites = kinds.filter(({ kind }) => kind.outlivesSeconds === undefined)

/** Those where there is something to resume; and those that do resume, in the end, where what they read was bent. */
const resuming = kinds.filter(({ kind }) => kind.resumesNothing === undefined)
const bending = kinds.flatMap(({ name, kind: { bent } }) =>
  bent.resumedAfter === undefined ? [] : [{ name, by: bent.by, read: bent.resumedAfter }],
)
const options = { concurrent: true, timeout: 600_000 }

let world: TunnelWorld
let stock: Stock
let signing: Signing
let rolledOver: RolledOver
const servers = new Map<string, Installed>()
const verdicts = new Map<string, Partial<Record<CaseName, Verdict>>>()
const measured = new Map<string, Partial<Record<Measure, number>>>()

const installAll = async (): Promise<void> => {
  const installing = [...here].map(async (name) => {
    const kind = tunnelKinds[name]
    if (kind) servers.set(name, await install(world, name, kind))
  })
  await Promise.all(installing)
}

const updateAll = async (): Promise<void> => {
  await Promise.all([...servers.values()].map(({ update }) => update()))
}

beforeAll(async () => {
  if (here.size === 0) return
  world = await openTunnelWorld()
  await stageNext(world)
  const good = await goodStock(world)
  const honest = good['P-256, with its chain']
  if (!honest) throw new Error('Nobody is honest.')
  stock = { ...good, ...(await badStock(world, honest)) }
  signing = await activeIssuer(world, 'contoso')
  await world.fetchTrust()
  await installAll()
}, 600_000)

afterAll(async () => {
  await world?.[Symbol.asyncDispose]()
}, 60_000)

const serverOf = (name: string): Installed => {
  const server = servers.get(name)
  if (!server) throw new Error(`There is no server ${name}.`)
  return server
}

const afterTheEnd = 'once more with the same client, after the end'

/** How late a ping on a busy machine may show that a tunnel has ended, or is up again. */
const slackSeconds = 15

/** How long the service may remember, how often servers ask it, how often sessions are looked at, and OpenVPN's own delay. */
const denialSeconds = (denyFreshMilliseconds + lookMilliseconds) / 1000 + dropHintSeconds + 5

/** OpenVPN pauses for five seconds before it comes again; who starts a client anew waits for its end. */
const silentSeconds = 10

/** What a measure is held to: that of the code, or of the recipe; the last two are those of the slowest server. */
const mostOf = (afterEnd: number): Seconds => ({
  afterEnd,
  silence: silentSeconds,
  afterDenial: denialSeconds,
})

/** Records what was measured of a server, and holds it to its bound. */
const record = (name: string, measure: Measure, seconds: number): void => {
  measured.set(name, { ...measured.get(name), [measure]: seconds })
  const most = mostOf(tunnelKinds[name]?.outlivesSeconds ?? 0)
  expect(seconds).toBeLessThan(most[measure] + slackSeconds)
}

/** Has a client of a server dial with each of these, one after the other. @returns what came of it, and what should have */
const dialAll = async (name: string, credentials: Stock) => {
  const [kind, server] = [tunnelKinds[name], serverOf(name)]
  if (!kind) throw new Error(`There is no kind ${name}.`)
  const found: Partial<Record<CaseName, Verdict>> = {}
  const expected: Partial<Record<CaseName, Verdict>> = {}
  for (const [text, credential] of Object.entries(credentials)) {
    const one = text as CaseName
    found[one] = verdictOf(await server.dial(credential), reasonFor(kind, one))
    expected[one] = expectedOf(kind, one)
  }
  verdicts.set(name, { ...verdicts.get(name), ...found })
  return { found, expected }
}

/** Has every server that is here meet these credentials, all at the same time. */
const eachMeets = (what: string, credentials: () => Stock): void => {
  for (const name of names)
    it.skipIf(!isHere(name))(`${name} ${what}`, options, async () => {
      const { found, expected } = await dialAll(name, credentials())
      expect(found).toEqual(expected)
    })
}

/** How long a certificate lives that ends soon: time to come in on a busy machine, and less than strongSwan waits for its first reauthentication. */
const soonSeconds = 40

/** A certificate of the first issuer that ends soon: the service gives out none that lives less than 5 minutes. */
const endingSoon = (user: string) => {
  const endsAt = Date.now() + soonSeconds * 1000
  const as = { name: user, user: `${user}@contoso.example` }
  const credential = forge(signing, { ...as, validity: endingIn(soonSeconds) })
  return { credential, endsAt }
}

/** Records what came of a client that came once more, beside what became of the others. */
const recordAgain = (name: string, kind: TunnelKind, again: Dialled, how: CaseName = afterTheEnd) => {
  const verdict = verdictOf(again, reasonFor(kind, how))
  verdicts.set(name, { ...verdicts.get(name), [how]: verdict })
  expect(verdict).toBe(expectedOf(kind, how))
}

describe('with the bundle of before a roll-over, while nobody reaches the service', () => {
  beforeAll(() => world?.stop(), 60_000)
  eachMeets('lets in who should be, and says why it refuses the others', () => stock)

  for (const { name, kind } of kinds)
    it.skipIf(!isHere(name))(
      `${name} is as server-config check has it, which names what is bent there`,
      options,
      async () => {
        const { site, check, copyRecipes } = serverOf(name)
        const good: unknown = expect.stringContaining('is configured as it should be')
        expect(await check()).toEqual({ code: 0, said: good })
        await site.server.run(kind.bent.by)
        expect(await check()).toEqual({ code: 3, said: expect.stringMatching(kind.bent.names) as unknown })
        await copyRecipes()
      },
    )

  for (const { name, kind } of sites)
    it.skipIf(!isHere(name))(`${name} refuses who comes once more after the end`, options, async () => {
      const { dial } = await serverOf(name).withClient('late')
      const { credential, endsAt } = endingSoon('late')
      expect((await dial(credential)).isAccepted).toBe(true)
      await sleep(Math.max(0, endsAt + 2_000 - Date.now()))
      recordAgain(name, kind, await dial(credential))
    })

  for (const { name, kind } of resuming)
    it.skipIf(!isHere(name))(`${name} resumes nothing after the end`, options, async () => {
      const { resume } = await serverOf(name).withClient('resuming')
      const again = await resume?.(() => endingSoon('resuming'))
      if (!again) throw new Error('Nobody came.')
      recordAgain(name, kind, again, resumption)
    })

  for (const { name, kind, most } of vpns) {
    it.skipIf(!isHere(name))(
      `${name} ends a tunnel ${most} s after its certificate, and refuses who comes once more`,
      options,
      async () => {
        const client = await serverOf(name).withClient('late')
        const { seconds, again } = await outlive(client, { ...endingSoon('late'), mostSeconds: most + 30 })
        recordAgain(name, kind, again)
        record(name, 'afterEnd', seconds)
        // It is up while the certificate is valid, but for the seconds in which both charons want the next one.
        expect(seconds).toBeGreaterThan(-10)
      },
    )
    it.skipIf(!isHere(name))(`${name} keeps up the tunnel of who renews in time`, options, async () => {
      const client = await serverOf(name).withClient('renewing')
      const soon = endingSoon('renewing')
      const next = forge(signing, { name: 'renewing', user: soon.credential.user })
      record(name, 'silence', await renewInTime(client, { ...soon, mostSeconds: most + 5, next }))
    })
  }
})

/** Two who are in the tunnels of one server, and the agent that guards these. */
interface Guarded {
  readonly guard: Started
  readonly denied: LabMachine
  readonly heard: () => Promise<Heard>
  /** What the server says since. */
  readonly said: () => Promise<string>
  readonly colleague: LabMachine
}

describe('when a user is denied', () => {
  const all = new Map<string, Guarded>()
  let deniedAt = 0

  const comeIn = async (server: Installed, who: 'P-384' | 'RSA'): Promise<LabMachine> => {
    const credential = stock[who]
    if (!credential) throw new Error('Nobody came.')
    const { client, stay } = await server.withClient(credential.name)
    await stay?.(credential)
    return client
  }

  beforeAll(async () => {
    if (here.size === 0) return
    await world.serve()
    const guarding = vpns
      .filter(({ name }) => isHere(name))
      .map(async ({ name }) => {
        const server = serverOf(name)
        const guard = server.guard()
        const [denied, colleague] = [await comeIn(server, 'P-384'), await comeIn(server, 'RSA')]
        const said = await server.follow()
        all.set(name, { guard, denied, colleague, heard: listen(denied), said })
      })
    await Promise.all(guarding)
    for (const [name, { denied }] of all)
      if (!(await isUp(denied))) throw new Error(`${name} ended the tunnel before anybody was denied.`)
    const bob = stock['P-384']?.user ?? ''
    deniedAt = Date.now()
    await world.mayfly('deny', 'user', bob, '--tenant', 'contoso', '--reason', 'a test', '--no-wait')
  }, 600_000)

  afterAll(async () => {
    await Promise.all([...all.values()].map(({ guard }) => guard.stop()))
  }, 60_000)

  for (const { name, kind } of vpns)
    it.skipIf(!isHere(name))(
      `${name} ends the tunnel within ${denialSeconds} s, and no colleague's`,
      options,
      async () => {
        const guarded = all.get(name)
        if (!guarded) throw new Error('Nobody is in.')
        const { guard, denied, colleague, heard, said } = guarded
        expect(await endOf(denied, deniedAt + 120_000)).toBeDefined()
        record(name, 'afterDenial', ((await heard()).lastAnswer - deniedAt) / 1000)
        expect(await isUp(colleague)).toBe(true)
        const isByGuard = /"event":"session-ended".*"reason":"dropped"/.test(guard.said())
        expect(isByGuard || kind.refusesStopped?.test(await said()), guard.said()).toBe(true)
      },
    )
})

for (const { name, by, read } of bending)
  it.skipIf(!isHere(name))(`${name} would resume after the end if it were bent`, options, async () => {
    const { site, resume, copyRecipes } = serverOf(name)
    await site.server.run(`${by}; ${read}`)
    expect(await resume?.(() => endingSoon('bent'))).toMatchObject({ isAccepted: true })
    await copyRecipes()
    await site.server.run(read)
  })

describe('when issuer and root were rolled over', () => {
  beforeAll(async () => {
    if (here.size > 0) rolledOver = await rollOver(world)
  }, 600_000)
  eachMeets('lets in those of both new ones by the bundle of before', () => ({
    'new issuer, bundle of before': rolledOver.byNewIssuer,
    'new root, bundle of before': rolledOver.byNewRoot,
  }))
})

describe('when its agent brought the bundle of after', () => {
  beforeAll(updateAll, 600_000)
  eachMeets('lets in those of both new ones, and those of the old ones', () => {
    const honest = stock['P-256, with its chain']
    return {
      ...(honest ? { 'retiring issuer, bundle of after': honest } : {}),
      'new issuer, bundle of after': rolledOver.byNewIssuer,
      'new root, bundle of after': rolledOver.byNewRoot,
    }
  })
})

describe('when an issuer was tainted, and the agent brought the bundle', () => {
  beforeAll(async () => {
    if (here.size === 0) return
    await taintIssuer(world)
    await updateAll()
  }, 600_000)
  eachMeets('refuses those of that issuer who send it along, and no others', () => ({
    'tainted issuer, sent along': rolledOver.byNewIssuer,
    'new root, bundle of after': rolledOver.byNewRoot,
  }))
})

/** What the document is to say of the ends: what was measured now where it is written, and where it is not, what it says already. */
const endsRows = (measuredOf: (name: string) => Seconds): readonly EndsRow[] =>
  vpns.map(({ name, most }) => ({
    server: name,
    ends: serverOf(name).ends,
    most: mostOf(most),
    measured: measuredOf(name),
  }))

const measuredNow = (name: string): Seconds => {
  const { afterEnd = NaN, silence = NaN, afterDenial = NaN } = measured.get(name) ?? {}
  return { afterEnd, silence, afterDenial }
}

it.skipIf(here.size < names.length)('docs/servers.md tells what each server did', async () => {
  const file = new URL('../../../docs/servers.md', import.meta.url)
  const text = await readFile(file, 'utf8')
  const isWriting = process.env['MAYFLY_UPDATE_DOCS'] === '1'
  const met = kinds.map(({ name, kind: { resumesNothing } }) => ({
    server: name,
    verdicts: verdicts.get(name) ?? {},
    resumesNothing,
  }))
  const rows = endsRows(isWriting ? measuredNow : (name) => measuredIn(text, name))
  for (const { ends, measured: told, most } of rows) {
    expect(ends).toContain(most.afterEnd === 0 ? 'with the certificate' : `${most.afterEnd} s after the end`)
    for (const measure of Object.keys(most) as readonly Measure[])
      expect(told[measure]).toBeLessThan(most[measure] + slackSeconds)
  }
  const told = withEndsTable(withTunnelTable(text, met), rows)
  expect(told, 'what failed leaves a gap').not.toMatch(/\| (\?|NaN) \|/)
  if (isWriting) await writeFile(file, told)
  else expect(text, 'MAYFLY_UPDATE_DOCS=1 npm run test:vpn writes it').toBe(told)
})
