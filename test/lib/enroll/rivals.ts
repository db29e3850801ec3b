import { expect } from 'vitest'
import { enroll } from '../../../lib/enroll/enroll.ts'
import type { Services } from '../../../lib/enroll/services.ts'
import type { RefusalCode } from '../../../lib/errors/catalogue.ts'
import { Refusal } from '../../../lib/errors/refusal.ts'
import { type Entry, entryFromRow } from '../../../lib/ledger/record/entry.ts'
import { ledgerOf } from '../../../lib/ledger/record/ledger.ts'
import type { StoredRow, Tables } from '../../../lib/store/tables.ts'
import type { WastedSignature } from '../../../lib/telemetry/signingIds.ts'
import { type DeviceKey, servicesOf, enrollmentOf, type World } from '../../world.ts'
import { tablesDown } from '../store/watchTables.ts'
import type { Steps } from './everyOrder.ts'

/** How an insert may end. */
export const insertFates = [
  /** Done, and told. */
  'done',
  /** Done, and the SDK repeats it: it meets its own row. */
  'repeated',
  /** Done, and the reply is lost. */
  'lost',
  /** Not done, and told as failed. */
  'failed',
  /** Told as failed, and done later. */
  'late',
] as const

/** How reading may end. */
export const getFates = ['done', 'failed'] as const

/** One of those who ask for a certificate with the same token. */
export interface Rival {
  readonly key: DeviceKey
  /** Of those on the same instance of the app one waits for the other. */
  readonly instance: number
  readonly lookUp?: readonly (typeof getFates)[number][]
  readonly insert?: readonly (typeof insertFates)[number][]
  readonly readBack?: readonly (typeof getFates)[number][]
  /** Whether it asks again, once, when it got 503. */
  readonly retries?: boolean
}

const outage: RefusalCode = 'tables-unavailable'

/** What became of one order of the steps. */
export interface Contest {
  /** `201`, `200`, or the code of the refusal, of each rival; a retry after an arrow. */
  readonly answers: readonly string[]
  /** What those that got 503 are answered at last, one after the other, when nothing goes wrong any more. */
  readonly afterwards: ReadonlyMap<Rival, string>
  /** What the ledger holds at the end. */
  readonly row: Entry | undefined
  /** The request id of every signature. */
  readonly signed: readonly string[]
  readonly wasted: readonly WastedSignature[]
}

/** What the rivals of one run share. */
interface Arena {
  readonly world: World
  readonly token: string
  readonly steps: Steps
  /** The ledger, in which this token alone has a row. */
  readonly rows: Map<string, StoredRow>
  readonly signed: string[]
}

const onlyRow = ({ rows }: Arena): Entry | undefined => {
  const [row, ...more] = rows.values()
  expect(more).toEqual([])
  return row && entryFromRow(row)
}

/** The ledger as one request sees it: every call is a step. */
const tablesOf = ({ rows, steps, world }: Arena, rival: Rival): Tables => {
  let isInserted = false
  const apply: Tables['insert'] = (table, row) => {
    const name = JSON.stringify([table, row.partition, row.row])
    if (rows.has(name)) return Promise.resolve(false)
    rows.set(name, { ...row, etag: 'W/"1"' })
    return Promise.resolve(true)
  }
  return {
    ...world.tables,
    async get(table, { partition, row }) {
      const fates = isInserted ? rival.readBack : rival.lookUp
      if ((await steps.step(fates ?? ['done'])) === 'failed') throw tablesDown()
      return rows.get(JSON.stringify([table, partition, row]))
    },
    async insert(table, row) {
      const fate = await steps.step(rival.insert ?? ['done'])
      isInserted = true
      if (fate === 'late') void steps.step(['done']).then(() => apply(table, row))
      if (fate === 'late' || fate === 'failed') throw tablesDown()
      const isWritten = await apply(table, row)
      if (fate === 'lost') throw tablesDown()
      return fate === 'done' && isWritten
    },
  }
}

/** Nothing leaves that the ledger does not hold at that time, and for the key that asks. */
const request = async (arena: Arena, { key }: Rival, services: Services): Promise<string> => {
  const { world, token } = arena
  const csr = key.csr()
  try {
    const { created, entry } = await enroll(enrollmentOf({ tenant: world.tenant, token, csr }), services)
    const row = onlyRow(arena)
    expect(row?.certificate).toEqual(entry.certificate)
    expect(Buffer.from(entry.certificate).includes(Buffer.from(key.spki))).toBe(true)
    return created ? '201' : '200'
  } catch (error) {
    if (error instanceof Refusal) return error.code
    throw error
  }
}

/** The part of an instance that one request works with: its steps are its own. */
const sightOf = (arena: Arena, instance: Services, rival: Rival, signsInSteps: boolean): Services => {
  const { signers } = instance
  return {
    ...instance,
    ledger: ledgerOf(tablesOf(arena, rival)),
    signers: {
      ...signers,
      async sign(issuer, tbs, use) {
        arena.signed.push(use.requestId)
        if (signsInSteps) await arena.steps.step(['done'])
        return signers.sign(issuer, tbs, use)
      },
    },
  }
}

/** How rivals meet. */
export interface ContestOptions {
  readonly world: World
  readonly token: string
  readonly rivals: readonly Rival[]
  /** Whether a signature is a step as well. */
  readonly signsInSteps: boolean
}

/** Lets rivals meet in the order of the steps. */
export const contest = async (options: ContestOptions, steps: Steps): Promise<Contest> => {
  const { world, token, rivals, signsInSteps } = options
  const arena: Arena = { world, token, steps, rows: new Map(), signed: [] }
  const wasted: WastedSignature[] = []
  const { network, keys: source } = world
  const { tenants, keys, denyLists, authorities, signers } = world.services
  // What reads the disk or the tables is the world's, which did so; what refusals leave is another test's.
  const warm = {
    tenants,
    keys,
    denyLists,
    authorities,
    signers,
    refusals: { record: () => Promise.resolve() },
  }
  const instances = new Map<number, Services>()
  const instanceOf = ({ instance }: Rival): Services => {
    const onWasted = (one: WastedSignature) => void wasted.push(one)
    const fresh = () => servicesOf(world.tables, { network, source, now: () => world.now, onWasted })
    const known = instances.get(instance) ?? { ...fresh(), ...warm }
    instances.set(instance, known)
    return known
  }
  const ask = (rival: Rival) => request(arena, rival, sightOf(arena, instanceOf(rival), rival, signsInSteps))
  // Between instances, what comes first is for their first calls to say.
  const isShared = ({ instance }: Rival) => rivals.filter((other) => other.instance === instance).length > 1
  const arrive = async (rival: Rival) => {
    if (isShared(rival)) await steps.step(['done'])
    return ask(rival)
  }
  const play = async (rival: Rival): Promise<string> => {
    const answer = await arrive(rival)
    if (answer !== outage || !rival.retries) return answer
    const { key, instance } = rival
    return `${answer} -> ${await arrive({ key, instance })}`
  }
  const playing = rivals.map(play)
  await steps.drive(playing)
  const answers = await Promise.all(playing)
  const afterwards = new Map<Rival, string>()
  for (const rival of rivals.filter((_, index) => answers[index]?.endsWith(outage))) {
    const { key, instance } = rival
    const asking = ask({ key, instance })
    await steps.drive([asking])
    afterwards.set(rival, await asking)
  }
  return { answers, afterwards, row: onlyRow(arena), signed: arena.signed, wasted }
}
