import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createWorld, type DeviceKey, makeDeviceKey, oldToken, type World } from '../../world.ts'
import { everyOrder, stepsOf } from './everyOrder.ts'
import { type Contest, contest, getFates, insertFates, type Rival } from './rivals.ts'

/** Of an old token the ledger is asked first; of a young one, once its instance has a reason. */
const ages = ['young', 'old'] as const
type Age = (typeof ages)[number]

let world: World
let tokens: Readonly<Record<Age, string>>

beforeAll(async () => {
  world = await createWorld()
  tokens = { young: await world.issuer.token(), old: await oldToken(world) }
  // Whatever is read once is read now, so that a run does nothing but compute.
  await world.enroll()
})

afterAll(() => world[Symbol.asyncDispose]())

/** A key that makes one request, over and over. */
const steadyKey = (): DeviceKey => {
  const key = makeDeviceKey()
  const csr = key.csr()
  return { ...key, csr: () => csr }
}
const [laptop, phone] = [steadyKey(), steadyKey()]

/** Every signature is in the row, or told of, once. What is told of may be in the row after all, where nobody could know. */
const checkWasted = ({ row, signed, wasted }: Contest): void => {
  const isRecorded = (requestId: string) => requestId === row?.requestId
  const told = wasted.map(({ requestId }) => requestId)
  expect(new Set(told).size).toBe(told.length)
  const lost = (requestIds: readonly string[]) => requestIds.filter((id) => !isRecorded(id)).toSorted()
  expect(lost(told)).toEqual(lost(signed))
  for (const { requestId, reason } of wasted) if (isRecorded(requestId)) expect(reason).toBe('not recorded')
}

const keyHashOf = ({ spki }: DeviceKey) => createHash('sha256').update(spki).digest('hex')

/** One key has the certificate, whoever asks and however often; it was new once. */
const checkOneKey = (rivals: readonly Rival[], { answers, afterwards, row }: Contest): void => {
  const told = rivals.map((rival, index) => [
    ...(answers[index] ?? '').split(' -> '),
    ...(afterwards.has(rival) ? [afterwards.get(rival)] : []),
  ])
  expect(told.flat().filter((answer) => answer === '201').length).toBeLessThanOrEqual(1)
  for (const [index, { key }] of rivals.entries()) {
    const ends = keyHashOf(key) === row?.keyHash ? ['200', '201'] : ['token-replayed']
    expect(ends).toContain(told[index]?.at(-1))
    for (const answer of told[index] ?? []) expect([...ends, 'tables-unavailable']).toContain(answer)
  }
}

/** An instance signs once for a token, unless recording failed. */
const checkSignatures = (rivals: readonly Rival[], { signed }: Contest): void => {
  if (rivals.some(({ insert }) => insert)) return
  expect(signed.length).toBeLessThanOrEqual(new Set(rivals.map(({ instance }) => instance)).size)
}

/** Lets rivals meet in every order of their steps. @returns every combination of answers, and how many orders there are. */
const playAll = async (age: Age, rivals: readonly Rival[], { signsInSteps = false } = {}) => {
  const token = tokens[age]
  const seen = new Set<string>()
  const orders = await everyOrder(async (choose) => {
    const ended = await contest({ world, token, rivals, signsInSteps }, stepsOf(choose))
    checkWasted(ended)
    checkOneKey(rivals, ended)
    checkSignatures(rivals, ended)
    seen.add(ended.answers.join(', '))
  })
  return { answers: [...seen].toSorted(), orders }
}

/** In every way in which the tables fail an insert, and reading it back. */
const faulty = { insert: insertFates, readBack: getFates }

describe.each(ages)(
  'of requests with one %s token, in every order of their steps, one key gets the one certificate',
  (age) => {
    it('on two instances, when both have the same key', async () => {
      const rivals = [laptop, laptop].map((key, instance) => ({ key, instance }))
      const { answers, orders } = await playAll(age, rivals, { signsInSteps: true })
      expect(answers).toEqual(['200, 201', '201, 200'])
      expect(orders).toBeGreaterThanOrEqual({ young: 6, old: 20 }[age])
    })

    it('on two instances, when each has a key of its own', async () => {
      const rivals = [laptop, phone].map((key, instance) => ({ key, instance }))
      const { answers, orders } = await playAll(age, rivals, { signsInSteps: true })
      expect(answers).toEqual(['201, token-replayed', 'token-replayed, 201'])
      expect(orders).toBeGreaterThanOrEqual({ young: 6, old: 20 }[age])
    })

    it('on three instances, when two have the same key', async () => {
      const rivals = [laptop, laptop, phone].map((key, instance) => ({ key, instance }))
      const { answers, orders } = await playAll(age, rivals)
      expect(answers).toEqual([
        '200, 201, token-replayed',
        '201, 200, token-replayed',
        'token-replayed, token-replayed, 201',
      ])
      expect(orders).toBeGreaterThanOrEqual({ young: 18, old: 150 }[age])
    })

    it('on one instance and another', async () => {
      const rivals = [laptop, laptop, phone].map((key, index) => ({ key, instance: index > 0 ? 1 : 0 }))
      const { answers, orders } = await playAll(age, rivals, { signsInSteps: true })
      expect(answers).toEqual([
        '200, 201, token-replayed',
        '201, 200, token-replayed',
        'token-replayed, token-replayed, 201',
      ])
      expect(orders).toBeGreaterThanOrEqual({ young: 100, old: 400 }[age])
    })
  },
)

describe.each(ages)(
  'of requests with one %s token, whatever happens to the tables, in every order',
  (age) => {
    it('the same key gets the recorded certificate when it asks again', async () => {
      const first = { key: laptop, instance: 0, lookUp: getFates, ...faulty, retries: true }
      const { answers, orders } = await playAll(age, [first, { key: laptop, instance: 1 }])
      expect(answers).toEqual([
        '200, 201',
        '201, 200',
        'tables-unavailable -> 200, 200',
        'tables-unavailable -> 200, 201',
        'tables-unavailable -> 201, 200',
      ])
      expect(orders).toBeGreaterThanOrEqual({ young: 80, old: 300 }[age])
    })

    it('another key gets none, though it asks while nobody knows whether there is a row', async () => {
      const first = { key: laptop, instance: 0, lookUp: getFates, ...faulty, retries: true }
      const { answers, orders } = await playAll(age, [first, { key: phone, instance: 1 }])
      expect(answers).toEqual([
        '201, token-replayed',
        'tables-unavailable -> 200, token-replayed',
        'tables-unavailable -> 201, token-replayed',
        'tables-unavailable -> token-replayed, 201',
        'token-replayed, 201',
      ])
      expect(orders).toBeGreaterThanOrEqual({ young: 80, old: 300 }[age])
    })

    it('both may fail, and then one key gets it', async () => {
      const first = {
        key: laptop,
        instance: 0,
        insert: ['done', 'lost', 'late'],
        readBack: getFates,
      } as const
      const second = { key: phone, instance: 1, insert: ['done', 'late'] } as const
      const { answers, orders } = await playAll(age, [first, second])
      expect(answers).toEqual([
        '201, tables-unavailable',
        '201, token-replayed',
        'tables-unavailable, 201',
        'tables-unavailable, tables-unavailable',
        'tables-unavailable, token-replayed',
        'token-replayed, 201',
        'token-replayed, tables-unavailable',
      ])
      expect(orders).toBeGreaterThanOrEqual({ young: 200, old: 500 }[age])
    })

    it('whoever waits for another request on its instance gets the one, or waits in vain with it', async () => {
      const rivals = [
        { key: laptop, instance: 0, ...faulty },
        { key: phone, instance: 0 },
      ]
      const { answers, orders } = await playAll(age, rivals)
      expect(answers).toEqual([
        '201, token-replayed',
        'tables-unavailable, 201',
        'tables-unavailable, tables-unavailable',
        'tables-unavailable, token-replayed',
        'token-replayed, 201',
      ])
      expect(orders).toBeGreaterThanOrEqual({ young: 40, old: 50 }[age])
    })
  },
)
