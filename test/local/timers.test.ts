import { createRequire } from 'node:module'
import type * as AzureFunctions from '@azure/functions'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type FunctionRegistry, installFunctionsCore, type LogLine } from '../../local/functionsCore.ts'
import { parseNcrontab, startTimers, type Timers } from '../../local/timers.ts'

const lines: LogLine[] = []
const log = (line: LogLine) => void lines.push(line)
let timers: Timers | undefined

/** Time stands still until a test moves it. */
beforeEach(() => {
  vi.useFakeTimers({ now: new Date('2026-03-02T10:00:00Z') })
  lines.length = 0
})

afterEach(async () => {
  await timers?.close()
  timers = undefined
  vi.useRealTimers()
})

/** Registers functions with a fresh copy of the library, which reads the core module only once. */
const register = async (define: (app: typeof AzureFunctions.app) => void): Promise<FunctionRegistry> => {
  const require = createRequire(import.meta.url)
  delete require.cache[require.resolve('@azure/functions')]
  const core = installFunctionsCore({ log })
  try {
    define((require('@azure/functions') as typeof AzureFunctions).app)
    await core.registry.finishLoading()
    return core.registry
  } finally {
    core.uninstall()
  }
}

type Handler = AzureFunctions.TimerHandler

const start = async (handler: Handler, schedule = '17 23 * * * *'): Promise<Timers> => {
  const registry = await register((app) => {
    app.timer('keeper', { schedule, handler })
    app.http('page', { handler: () => ({}) })
  })
  timers = startTimers(registry, log)
  return timers
}

const minutes = (count: number) => vi.advanceTimersByTimeAsync(count * 60_000)

describe('startTimers()', () => {
  it('runs a timer at once, and then at the times of its schedule', async () => {
    const runs: string[] = []
    const { started } = await start(() => void runs.push(new Date().toISOString().slice(11, 19)))
    await started
    expect(runs).toEqual(['10:00:00'])
    await minutes(23)
    expect(runs).toHaveLength(1)
    await minutes(61)
    expect(runs).toEqual(['10:00:00', '10:23:17', '11:23:17'])
  })

  it('gives the function what the library documents', async () => {
    const seen: AzureFunctions.Timer[] = []
    const { started } = await start((timer, context) => {
      seen.push(timer)
      context.log(`run of ${context.functionName}`)
    })
    await started
    const time = '2026-03-02T10:00:00.000Z'
    expect(seen).toEqual([
      {
        schedule: { adjustForDST: true },
        scheduleStatus: { last: time, next: '2026-03-02T10:23:17.000Z', lastUpdated: time },
        isPastDue: false,
      },
    ])
    expect(lines).toMatchObject([{ category: 'user', message: 'run of keeper', functionName: 'keeper' }])
  })

  it('logs what a function throws, and runs it again at its next time', async () => {
    let runs = 0
    const { started } = await start(() => {
      runs += 1
      throw new Error('the tables are down')
    })
    await started
    await minutes(24)
    expect(runs).toBe(2)
    const errors = lines.filter(({ level }) => level === 'error')
    expect(errors).toHaveLength(2)
    expect(errors[0]).toMatchObject({
      functionName: 'keeper',
      message: expect.stringContaining('the tables are down'),
    })
  })

  it('never runs a function twice at a time', async () => {
    let [running, most, runs] = [0, 0, 0]
    const handler = async () => {
      runs += 1
      running += 1
      most = Math.max(most, running)
      await new Promise((done) => setTimeout(done, 150_000))
      running -= 1
    }
    await start(handler, '0 * * * * *')
    await minutes(20)
    expect(most).toBe(1)
    expect(runs).toBeGreaterThan(3)
    const closing = timers?.close()
    await minutes(10)
    await closing
  })

  it('waits for what runs when it is closed, and starts nothing after', async () => {
    let [runs, ended] = [0, 0]
    await start(async () => {
      runs += 1
      await new Promise((done) => setTimeout(done, 5_000))
      ended += 1
    }, '*/10 * * * * *')
    let isClosed = false
    const closing = timers?.close().then(() => (isClosed = true))
    await vi.advanceTimersByTimeAsync(4_000)
    expect([isClosed, ended]).toEqual([false, 0])
    await vi.advanceTimersByTimeAsync(2_000)
    await closing
    await minutes(5)
    expect([runs, ended]).toEqual([1, 1])
  })

  it('refuses a schedule that it does not understand, before anything runs', async () => {
    let runs = 0
    await expect(start(() => void (runs += 1), '0 0 * * 1-5')).rejects.toThrow(/Cannot read the schedule/)
    expect(runs).toBe(0)
  })
})

describe('parseNcrontab()', () => {
  const next = (expression: string, after: string): string | undefined =>
    parseNcrontab(expression).nextRun(new Date(after))?.toISOString().replace('.000Z', 'Z')

  it.each([
    ['17 23 * * * *', '2026-03-02T10:00:00Z', '2026-03-02T10:23:17Z'],
    ['17 23 * * * *', '2026-03-02T10:23:16.999Z', '2026-03-02T10:23:17Z'],
    ['17 23 * * * *', '2026-03-02T10:23:17Z', '2026-03-02T11:23:17Z'],
    ['17 23 * * * *', '2026-12-31T23:59:59Z', '2027-01-01T00:23:17Z'],
    ['0 0,30 8,20 * * *', '2026-03-02T08:30:00Z', '2026-03-02T20:00:00Z'],
    ['0 1-5/2 * * * *', '2026-03-02T10:01:00Z', '2026-03-02T10:03:00Z'],
    ['0 0 9 * jan Mon-FRI', '2026-03-02T00:00:00Z', '2027-01-01T09:00:00Z'],
    ['0 0 0 29 2 *', '2026-03-02T00:00:00Z', '2028-02-29T00:00:00Z'],
    ['0 0 0 13 * 5', '2026-04-01T00:00:00Z', '2026-11-13T00:00:00Z'],
  ])('"%s" comes after %s at %s', (expression, after, expected) =>
    expect(next(expression, after)).toBe(expected),
  )

  it.each([
    '0 * * * *',
    '',
    '0 0 0 0 0 0 0',
    '60 * * * * *',
    '0 60 * * * *',
    '0 0 24 * * *',
    '0 0 0 0 * *',
    '0 0 0 * 13 *',
    '0 0 0 * * 7',
    '0 0 0 L * *',
    '0 0 0 1W * *',
    '0 0 0 * * 5L',
    '0 0 0 * * 5#2',
    '*/0 * * * * *',
    '1, * * * * *',
    '-1 * * * * *',
    '1.5 * * * * *',
    '? * * * * *',
    '@daily',
    '2026-03-02T10:00:00Z',
    '00:05:00',
    '%Schedule%',
    '0 0 0 30 2 *',
  ])('refuses "%s"', (expression) =>
    expect(() => parseNcrontab(expression)).toThrow(`Cannot read the schedule "${expression}": `),
  )
})
