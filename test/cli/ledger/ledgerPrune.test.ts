import { describe, expect, it } from 'vitest'
import { exitCodes } from '../../../cli/commandLine/exitCodes.ts'
import type { Tables } from '../../../lib/store/tables.ts'
import { dailyTables } from '../../lib/ledger/dailyTables.ts'
import { memoryTables } from '../../memoryTables.ts'
import { tablesDown } from '../../lib/store/watchTables.ts'
import { runCommand, type RunOptions, testDeployment, testTime as now } from '../runCommand.ts'

/** A deployment of one test alone, with these daily tables. */
const deploymentWith = async (names: readonly string[]) => {
  const tables = memoryTables()
  await tables.create(names)
  return {
    tables,
    prune: (words: string, { watchTables = (own) => own, ...options }: RunOptions = {}) =>
      runCommand(['ledger', 'prune', ...words.split(' ')], testDeployment('/nowhere'), {
        ...options,
        watchTables: () => watchTables(tables),
      }),
  }
}

const kept = dailyTables(now, -5, 14)

describe('mayfly ledger prune', () => {
  it('shows what it would do, and does nothing, with --dry-run', async () => {
    const { tables, prune } = await deploymentWith(['tenants', ...dailyTables(now, -7, 13)])
    const before = await tables.names('')
    const { text, json } = await prune('--retention-days 5 --dry-run')
    expect(json).toEqual({ dryRun: true, create: dailyTables(now, 14, 14), drop: dailyTables(now, -7, -6) })
    expect(text).toBe(
      'create ledger20260316 refusals20260316\n' +
        'drop ledger20260223 refusals20260223 ledger20260224 refusals20260224\n' +
        'nothing was changed',
    )
    expect(await tables.names('')).toEqual(before)
  })

  it('drops what is past retention when somebody agrees, and creates what is needed', async () => {
    const { tables, prune } = await deploymentWith(['tenants', ...dailyTables(now, -7, 13)])
    await expect(prune('--retention-days 5')).toRefuse('confirmation-needed')
    expect(await tables.names('ledger')).toHaveLength(21)
    const { json, exitCode } = await prune('--retention-days 5', { answer: true })
    expect([json, exitCode]).toEqual([
      { created: dailyTables(now, 14, 14), dropped: dailyTables(now, -7, -6), daysAhead: 14, failed: [] },
      undefined,
    ])
    expect(await tables.names('')).toEqual(['tenants', ...kept].toSorted())
    const again = await prune('--retention-days 5')
    expect(again.json).toEqual({ created: [], dropped: [], daysAhead: 14, failed: [] })
    expect(again.text).toBe('created nothing\ndropped nothing\ntables for 14 days ahead')
  })

  it('asks nobody where it only creates, or with --yes', async () => {
    const { prune } = await deploymentWith([])
    expect((await prune('--retention-days 5')).json).toMatchObject({ created: dailyTables(now, 0, 14) })
    const later = new Date(now.getTime() + 7 * 86_400_000)
    const { json } = await prune('--retention-days 5 --yes', { now: later })
    expect(json).toMatchObject({ dropped: dailyTables(now, 0, 1), created: dailyTables(now, 15, 21) })
  })

  it('drops more than the timer does at once, and what lies behind a gap, which it points out', async () => {
    const { prune } = await deploymentWith([...dailyTables(now, -40, -30), ...dailyTables(now, -2, 14)])
    const plan = await prune('--retention-days 5 --dry-run')
    expect(plan.text).toContain('days without a table lie between these and today: is it 2026-03-02?')
    const { json } = await prune('--retention-days 5', { answer: true })
    expect(json).toMatchObject({ dropped: dailyTables(now, -40, -30) })
  })

  it('drops nothing behind a gap by --yes alone: the clock of a job that nobody watches may be wrong', async () => {
    const { tables, prune } = await deploymentWith(dailyTables(now, -5, 14))
    const ahead = new Date(now.getTime() + 365 * 86_400_000)
    await expect(prune('--retention-days 90 --yes', { now: ahead })).toRefuse(
      'confirmation-needed',
      /is it 2027-03-02\? .*--past-gap/,
    )
    expect(await tables.names('')).toEqual([...kept].toSorted())
    const { json } = await prune('--retention-days 90 --yes --past-gap', { now: ahead })
    expect(json).toMatchObject({ dropped: kept })
  })

  it('tells what it could not do, and finishes when it is run again', async () => {
    const { prune } = await deploymentWith(dailyTables(now, -7, 13))
    const watchTables = (tables: Tables): Tables => ({
      ...tables,
      drop: (name) => (name.endsWith('0224') ? Promise.reject(tablesDown()) : tables.drop(name)),
    })
    const first = await prune('--retention-days 5 --yes', { watchTables })
    expect(first.exitCode).toBe(exitCodes.tryLater)
    expect(first.text).toMatch(/! cannot drop ledger20260224: .*\n.*\nrun the command again$/)
    expect(first.json).toMatchObject({ dropped: dailyTables(now, -7, -7), failed: [{}, {}] })
    const second = await prune('--retention-days 5 --yes')
    expect([second.exitCode, second.json]).toMatchObject([undefined, { dropped: dailyTables(now, -6, -6) }])
  })

  it.each(['2', '3651', '0', '-1', 'ninety', '9e1', ''])('refuses a retention of %j', async (days) => {
    const { prune } = await deploymentWith([])
    await expect(prune(`--retention-days=${days}`)).toRefuse('usage-wrong', /retention-days/)
  })

  it('has no default: a wrong one would drop what another kept', async () => {
    const { prune } = await deploymentWith([])
    await expect(prune('--yes')).toRefuse('usage-wrong', /--retention-days is missing/)
  })
})
