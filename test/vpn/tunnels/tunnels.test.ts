import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isThere } from '../program.ts'
import { type CaseName, expectedOf, reasonFor, type Verdict, verdictOf } from './cases.ts'
import { type Installed, install } from './install.ts'
import { badStock, goodStock, type Stock } from './stock.ts'
import { tunnelKinds } from './tunnelKinds.ts'
import { openTunnelWorld, type TunnelWorld } from './world.ts'

const trial =
  'mount -t proc proc /proc && ip link add wire type bridge && ip tuntap add dev tun9 mode tun && mount -t tmpfs tmpfs /run'

/** Whether namespaces, a wire between them, and tunnels can be made here. */
const canTunnel =
  process.getuid?.() === 0 &&
  existsSync('/dev/net/tun') &&
  isThere('unshare', 'nsenter', 'ip', 'ping', 'curl') &&
  spawnSync('unshare', ['--pid', '--fork', '--mount', '--net', 'sh', '-c', trial]).status === 0

const kinds = Object.entries(tunnelKinds)
const isHere = (name: string): boolean => canTunnel && isThere(...(tunnelKinds[name]?.programs ?? []))
const names = kinds.map(([name]) => name)
const here = names.filter(isHere)

let world: TunnelWorld
let stock: Stock
const servers = new Map<string, Installed>()
const verdicts = new Map<string, Partial<Record<CaseName, Verdict>>>()

beforeAll(async () => {
  if (here.length === 0) return
  world = await openTunnelWorld()
  await world.fetchTrust()
  const good = await goodStock(world)
  const honest = good['P-256, with its chain']
  if (!honest) throw new Error('Nobody is honest.')
  stock = { ...good, ...(await badStock(world, honest)) }
  const installing = here.map(async (name) => {
    const kind = tunnelKinds[name]
    if (kind) servers.set(name, await install(world, name, kind))
  })
  await Promise.all(installing)
}, 400_000)

afterAll(async () => {
  await world?.[Symbol.asyncDispose]()
}, 30_000)

/** Has a client of a server dial with each of these, one after the other. @returns what came of it, and what should have */
const dialAll = async (name: string, credentials: Stock) => {
  const [kind, server] = [tunnelKinds[name], servers.get(name)]
  if (!kind || !server) throw new Error(`There is no server ${name}.`)
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

describe('with the bundle of before the roll-over', { concurrent: true, timeout: 300_000 }, () => {
  for (const name of names)
    it.skipIf(!isHere(name))(
      `${name} lets in who should be, and says why it refuses the others`,
      async () => {
        const { found, expected } = await dialAll(name, stock)
        expect(found).toEqual(expected)
      },
    )
})
