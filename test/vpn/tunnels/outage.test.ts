import { X509Certificate } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { kindsHere } from './canTunnel.ts'
import type { Credential } from './credential.ts'
import { install, type Installed } from './install.ts'
import { type LabMachine, type Started, within } from './lab.ts'
import { type Heard, listen } from './outlive.ts'
import { tunnelKinds } from './tunnelKinds.ts'
import type { Tunnel } from './tunnelServer.ts'
import { type Kept, openTunnelWorld, type TunnelWorld } from './world.ts'

/** The shortest life that the service gives; a window of renewal is a tenth of it, somewhere between 55 and 80 %: all moments are within. */
const lifeSeconds = 300
const windowSeconds = lifeSeconds / 10

/** In shares of a life: more than two windows, and so that who renews then authenticates again before the end. */
const outage = { from: 0.53, until: 0.75 } as const

/** Longer than any gap between two tunnels of one client, on a machine that is busy. */
const silentSeconds = 25

const vpns = Object.entries(tunnelKinds).flatMap(([name, kind], index) =>
  kind.outlivesSeconds === undefined
    ? []
    : [{ name, kind, most: kind.outlivesSeconds, user: `keeper${index}` }],
)
const here = kindsHere(tunnelKinds)

/** What is left of a life after the last window: who authenticates again later than that does so after the end of the certificate. */
const restSeconds = lifeSeconds * 0.2

/** Who is in the tunnel of one server all the time. */
interface Stayer {
  readonly client: LabMachine
  readonly tunnel: Tunnel
  /** None where sessions outlive their certificate until the client authenticates again: a guard ends them sooner. */
  readonly guard: Started | undefined
  readonly heard: () => Promise<Heard>
  readonly first: Credential
}

const stayers = new Map<string, Stayer>()
let world: TunnelWorld
let kept: Kept
let downSeconds = 0

const holderOf = async (user: string): Promise<Credential> => {
  const found = (await kept.credentials()).find(({ name }) => name === user)
  if (!found) throw new Error(`Nobody is called ${user}.`)
  return found
}

const endOf = ({ leaf }: Credential): number => new X509Certificate(leaf).validToDate.getTime()

/** What charon of a client, where there is one, said last; other clients are not told of here. */
const logsOf = async (client: LabMachine): Promise<string> =>
  (await client.attempt('tail -n 80 /var/log/strongswan.out; swanctl --list-sas')).said

const comeIn = async ({ name, most, user }: (typeof vpns)[number], server: Installed): Promise<void> => {
  const guard = most < restSeconds ? server.guard() : undefined
  const first = await holderOf(user)
  const tunnel = await server.stay?.(first)
  if (!tunnel) throw new Error('This is no VPN server.')
  const { client } = server.site
  stayers.set(name, { client, tunnel, guard, first, heard: listen(client) })
}

/** Ends the service before the first window of anybody begins; another process of it, which on a busy machine takes a while, answers later. */
const beDown = async (): Promise<void> => {
  const ends = [...stayers.values()].map(({ first }) => endOf(first))
  const begun = Math.min(...ends) - lifeSeconds * 1000
  const waitFor = (share: number) => sleep(Math.max(0, begun + share * lifeSeconds * 1000 - Date.now()))
  await waitFor(outage.from)
  await kept.freshen()
  await world.plug(false)
  const since = Date.now()
  await world.stop()
  await world.serve()
  await waitFor(outage.until)
  downSeconds = (Date.now() - since) / 1000
  await world.plug(true)
}

beforeAll(async () => {
  const those = vpns.filter(({ name }) => here.has(name))
  if (those.length === 0) return
  world = await openTunnelWorld({ lifetimeSeconds: lifeSeconds })
  await world.fetchTrust()
  // What takes long on a busy machine is done before the life of a certificate begins.
  const servers = await Promise.all(
    those.map(async (one) => ({ one, server: await install(world, one.name, one.kind) })),
  )
  kept = await world.keep(those.map(({ user }) => ({ name: user, upn: `${user}@contoso.example` })))
  await Promise.all(servers.map(({ one, server }) => comeIn(one, server)))
  await beDown()
}, 600_000)

afterAll(async () => {
  await world?.[Symbol.asyncDispose]()
}, 30_000)

for (const { name, most, user } of vpns)
  it.skipIf(!here.has(name))(
    `${name} keeps its tunnel while the service is down for two windows of renewal, and after the agent renewed by itself`,
    { concurrent: true, timeout: 240_000 },
    async () => {
      const stayer = stayers.get(name)
      if (!stayer) throw new Error('Nobody is in.')
      const { client, tunnel, guard, first, heard } = stayer
      expect(downSeconds).toBeGreaterThan(2 * windowSeconds)
      const isRenewed = async () => (await holderOf(user)).leaf !== first.leaf
      const left = (endOf(first) - Date.now()) / 1000
      expect(await within(left, isRenewed), kept.agent.said().slice(-3_000)).toBe(true)
      expect(kept.agent.said()).toMatch(/"event":"failed"/)
      expect((await heard()).silentSeconds, 'while the service was down').toBeLessThan(silentSeconds)
      const heardAfter = listen(client)
      await tunnel.renew(await holderOf(user))
      await sleep(endOf(first) + (most + 5) * 1000 - Date.now())
      const { silentSeconds: since } = await heardAfter()
      const logs = since < silentSeconds ? '' : await logsOf(client)
      expect(since, `since the renewal ${logs}`).toBeLessThan(silentSeconds)
      expect(guard === undefined || guard.said().includes('"event":"drops-failed"')).toBe(true)
      expect(guard?.said() ?? '').not.toMatch(/"event":"session-ended"/)
    },
  )
