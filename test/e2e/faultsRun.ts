import { expect } from 'vitest'
import type { Entry } from '../../lib/ledger/record/entry.ts'
import type { Tables } from '../../lib/store/tables.ts'
import { alice, stop } from '../lib/tenant/denials.ts'
import { makeDeviceKey } from '../world.ts'
import type { FaultCase } from './faultsCase.ts'
import { clientOf, type FaultsRequest, type Reply, type Send } from './faultsClient.ts'
import type { FaultsHost } from './faultsHost.ts'
import type { FaultsVault } from './faultsVault.ts'
import { type FaultsToken, type FaultsWorld, faultsWorld } from './faultsWorld.ts'

/** What all cases share. */
export interface Stage {
  readonly host: FaultsHost
  /** Nothing is wrong with these. */
  readonly tables: Tables
  readonly vault: FaultsVault
}

/** What came of a case, as its row of the table says it. */
export interface Outcome {
  readonly part: string
  readonly fault: string
  readonly answer: string
  readonly state: string
  readonly signatures: string
  readonly retry: string
}

const aMinute = 60_000

/** The seconds a request has: of a case that they do not end, more than it needs on any machine. */
const ample = 20

const makeWorld = (one: FaultCase, { tables, vault }: Stage): Promise<FaultsWorld> =>
  faultsWorld({
    tables,
    requestSeconds: one.requestSeconds ?? ample,
    evidence: one.evidence,
    ...(one.vault ? { vault: vault.keys } : {}),
  })

/** A request of the same user before anything is wrong, so that the instance knows the tenant. */
const serveBefore = async (world: FaultsWorld, send: Send, secondsAgo: number): Promise<void> => {
  expect(await send({ token: await world.token(), key: makeDeviceKey() })).toMatchObject({ status: 201 })
  world.pass(secondsAgo * 1000)
}

const tokenOf = (one: FaultCase, world: FaultsWorld): Promise<FaultsToken> => {
  if (!one.isOld) return world.token(one.token)
  return world.token({ claims: { iat: Math.floor(world.now().getTime() / 1000) - 60 } })
}

/** What an auditor finds after a request. */
interface State {
  readonly row: Entry | undefined
  readonly refusals: number
  /** The request id of every signature there is. */
  readonly signed: readonly string[]
  readonly wasted: readonly { readonly requestId: string; readonly reason: string }[]
}

/** A token has one row at most, and every signature is in it or told of. */
const checkState = ({ row, signed, wasted }: State): void => {
  const told = new Set(wasted.map(({ requestId }) => requestId))
  for (const requestId of signed) if (requestId !== row?.requestId) expect(told).toContain(requestId)
}

const describeReply = ({ status, code, certificate }: Reply, row: Entry | undefined): string => {
  if (!certificate) return `${status} \`${code}\``
  if (status === 201) return '201, a new certificate'
  expect(row?.certificate && certificate.equals(row.certificate)).toBe(true)
  return '200, the recorded certificate'
}

const describeState = ({ row, refusals }: State): string =>
  [row ? 'its row' : 'no row', ...(refusals > 0 ? [`${refusals} refusal`] : [])].join(', ')

/** A signature that is told of as wasted may have been made or not: the key's log knows. */
const describeSignatures = ({ signed, wasted }: State): string =>
  [String(signed.length), ...wasted.map(({ reason }) => `told of as wasted: ${reason}`)].join('; ')

/** Whoever was served is served the same again, and no other key is. */
const checkSpent = async (send: Send, request: FaultsRequest, retried: Reply): Promise<void> => {
  if (!retried.certificate) return
  const again = await send(request)
  expect([again.status, again.certificate?.toString('hex')]).toEqual([
    200,
    retried.certificate.toString('hex'),
  ])
  expect(await send({ ...request, key: makeDeviceKey() })).toMatchObject({ code: 'token-replayed' })
}

/** Lets a case happen, and tells what came of it; what must be true of every case is checked on the way. */
export const observe = async (one: FaultCase, stage: Stage): Promise<Outcome> => {
  await using world = await makeWorld(one, stage)
  const { host, tables, vault } = stage
  const { tenant } = world
  host.apps.set(tenant, world.app)
  const send = clientOf(host.url, world)
  if (one.servedSecondsAgo !== undefined) await serveBefore(world, send, one.servedSecondsAgo)
  if (one.isDenied) await stop(tables, { tenant, subject: alice }, { now: world.now() })
  const before = world.requestIds.length
  const request = { token: await tokenOf(one, world), key: makeDeviceKey() }
  await one.arrange(world)
  const faulty = one.vault && vault.fail(tenant, one.vault)
  const look = async (): Promise<State> => {
    const rows = await world.rows(request.token)
    expect(rows.length).toBeLessThanOrEqual(1)
    return {
      row: rows[0],
      refusals: (await world.refusals()).length,
      signed: faulty ? faulty.signed : world.requestIds.slice(before),
      wasted: host.wasted(tenant),
    }
  }
  const answered = await send(request)
  const state = await look()
  checkState(state)
  const told = {
    part: one.part,
    fault: one.fault,
    answer: describeReply(answered, state.row),
    state: describeState(state),
    signatures: describeSignatures(state),
  }
  faulty?.heal()
  // Keys that are fetched for evidence are waited for no longer than the evidence.
  await world.source?.server.idle()
  world.heal()
  await world.settled()
  world.pass(aMinute)
  const retried = await send(request)
  const retry = describeReply(retried, state.row)
  if (answered.certificate) expect(retried.certificate).toEqual(answered.certificate)
  await checkSpent(send, request, retried)
  checkState(await look())
  return { ...told, retry }
}
