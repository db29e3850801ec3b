import { expect } from 'vitest'
import { fetchDrops, type TaggedDrops } from '../../client/drops/fetchDrops.ts'
import { addRelyingParty } from '../../lib/authority/adopt/relyingParty.ts'
import { Refusal } from '../../lib/errors/refusal.ts'
import { alice, stop } from '../lib/tenant/denials.ts'
import { partyTester } from '../world.ts'
import { cut, forbidden, halved, noTable, page, refused, says, slow } from './faultsKinds.ts'
import type { Stage } from './faultsRun.ts'
import type { Fault } from './faultsServer.ts'
import { faultsWorld } from './faultsWorld.ts'

/** What goes wrong with one request for a drop list: a row of its table. */
export interface DropsFault {
  /** As the table says it. */
  readonly fault: string
  /** What of the tables fails, by the names of faultsWorld(). */
  readonly name: string
  readonly kind: Fault
  readonly times?: number
  /** How long ago the instance gave the list, in seconds; it just started when left out. */
  readonly servedSecondsAgo?: number
  readonly requestSeconds?: number
}

/** What came of a fault, as its row says it. */
export interface DropsOutcome {
  readonly fault: string
  readonly answer: string
  readonly obeyed: string
  readonly retry: string
}

const calls = [
  ['pointer', 'the configuration'],
  ['revision', 'the revision of the configuration'],
  ['relying parties', 'the relying parties'],
  ['deny list', 'the deny list'],
] as const

const kinds = [['answer 500', says(500)]] as const

const ofLists = [
  ['refuse the connection', refused],
  ['answer with a page and 200', page],
  ['break off their answer', cut],
  ['answer with half of it', halved],
  ['answer with an empty list of a stranger', says(200, { value: [] })],
  ['answer 403', forbidden],
  ['have no such table (404)', noTable],
] as const

/** What goes wrong where a drop list is asked for: a fault of each kind in each call of the tables. */
export const dropsFaults: readonly DropsFault[] = [
  ...calls.flatMap(([name, what]) =>
    [...kinds, ...(name === 'relying parties' || name === 'deny list' ? ofLists : [])].map(([how, kind]) => ({
      fault: `Asked for ${what}, the tables ${how}; the instance just started`,
      name,
      kind,
    })),
  ),
  {
    fault: 'Asked for the deny list, the tables do not answer; the instance just started',
    name: 'deny list',
    kind: slow,
    requestSeconds: 8,
  },
  {
    fault: 'Asked for the deny list, the tables refuse the connection once',
    name: 'deny list',
    kind: refused,
    times: 1,
  },
  ...[45, 60].map((servedSecondsAgo) => ({
    fault: `Asked for the deny list, the tables answer 500; the instance read it ${servedSecondsAgo} s ago`,
    name: 'deny list',
    kind: says(500),
    servedSecondsAgo,
  })),
]

const secret = 'a-secret'

/** Lets a server ask while something is wrong, and a minute later again. The server holds a list with one user by then. */
export const observeDrops = async (one: DropsFault, { host, tables }: Stage): Promise<DropsOutcome> => {
  const { requestSeconds = 20, servedSecondsAgo } = one
  await using world = await faultsWorld({ tables, requestSeconds })
  const { tenant, storage, app } = world
  host.apps.set(tenant, app)
  await addRelyingParty(tables, { tenant, name: 'vpn-1', secret }, partyTester(world.now()))
  await stop(tables, { tenant, subject: alice }, { now: world.now() })
  const drops = [{ ...alice, at: world.now(), until: undefined, users: [] }]
  let kept: TaggedDrops = {
    list: { tenant, sequence: 1, hintSeconds: 15, drops },
    etag: '"of another instance"',
  }
  const ask = async (): Promise<string> => {
    try {
      const relyingParty = { url: host.url, name: 'vpn-1', secret }
      const fetched = await fetchDrops({ tenant, relyingParty, kept, attempts: 1 })
      if (fetched.kind === 'changed') kept = fetched
      return fetched.kind === 'same' ? '304' : '200, the list'
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      expect(error.options.retryAfterSeconds, error.detail).toBeGreaterThan(0)
      return `${error.status} \`${error.code}\``
    }
  }
  if (servedSecondsAgo !== undefined) {
    await ask()
    world.pass(servedSecondsAgo * 1000)
  }
  storage.fail(one.name, one.kind, one.times)
  const answer = await ask()
  const obeyed = kept.list.drops.map(({ kind }) => kind).join(', ')
  world.heal()
  await world.settled()
  world.pass(60_000)
  const retry = await ask()
  expect(kept.list.drops).toMatchObject([alice])
  return { fault: one.fault, answer, obeyed: `the list with the ${obeyed}`, retry }
}
