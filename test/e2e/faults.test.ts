import { readFile, writeFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { testTables } from '../azurite.ts'
import { faultCases } from './faultsCases.ts'
import { dropsFaults, type DropsOutcome, observeDrops } from './faultsOfDrops.ts'
import { faultsHost } from './faultsHost.ts'
import { observe, type Outcome, type Stage } from './faultsRun.ts'
import { faultsTable } from './faultsTable.ts'
import { faultsVault } from './faultsVault.ts'

const document = new URL('../../docs/faults.md', import.meta.url)

// Most of the time of a case is waiting.
vi.setConfig({ maxConcurrency: 12 })

let stage: Stage
const outcomes = new Map<(typeof faultCases)[number], Outcome>()

beforeAll(async () => {
  stage = { tables: await testTables(), vault: await faultsVault(), host: await faultsHost() }
})

afterAll(async () => {
  await stage.host[Symbol.asyncDispose]()
  await stage.vault[Symbol.asyncDispose]()
})

describe.concurrent('a certificate is asked for when', () => {
  for (const one of faultCases)
    it(`${one.part}: ${one.fault}`, async () => {
      outcomes.set(one, await observe(one, stage))
    })
})

const dropsOutcomes = new Map<(typeof dropsFaults)[number], DropsOutcome>()

describe.concurrent('a drop list is asked for when', () => {
  for (const one of dropsFaults)
    it(`${one.name}: ${one.fault}`, async () => {
      dropsOutcomes.set(one, await observeDrops(one, stage))
    })
})

describe('docs/faults.md', () => {
  it('has a row for each of at least 30 faults, and says what came of it', async () => {
    expect([outcomes.size, dropsOutcomes.size]).toEqual([faultCases.length, dropsFaults.length])
    expect(faultCases.length).toBeGreaterThanOrEqual(30)
    const table = faultsTable(
      faultCases.flatMap((one) => outcomes.get(one) ?? []),
      dropsFaults.flatMap((one) => dropsOutcomes.get(one) ?? []),
    )
    if (process.env['MAYFLY_UPDATE_DOCS'] === '1') await writeFile(document, table)
    expect(await readFile(document, 'utf8')).toBe(table)
  })
})
