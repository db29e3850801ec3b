import { randomUUID } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import type { RefusalEntry } from '../../../lib/ledger/record/refusalEntry.ts'
import { someRefusal, someSignals, storeRefusals } from '../../lib/ledger/storedRows.ts'
import { policyDocument } from '../../policies.ts'
import { createWorld, type World } from '../../world.ts'
import { runStream, testDeployment } from '../runCommand.ts'

let world: World
beforeAll(async () => {
  const grantControls = { operator: 'OR', builtInControls: ['block'] }
  const trial = { state: 'enabledForReportingButNotEnforced', grantControls }
  const policies = [policyDocument('Device', { id: 'd' }), policyDocument('Trial', { id: 't', ...trial })]
  world = await createWorld({ policySet: { policies } })
  return () => world[Symbol.asyncDispose]()
})

const show = (invocation: string, ...more: readonly string[]) =>
  runStream(['ledger', 'show', invocation, '--tenant', world.tenant, ...more], testDeployment('.'), {
    now: world.now,
    watchTables: () => world.tables,
  })

const stored = async (changes: Partial<RefusalEntry>): Promise<string> => {
  const invocationId = randomUUID()
  const entry = { ...someRefusal({ code: 'device-not-compliant', revision: 1 }), ...changes, invocationId }
  await storeRefusals(world.tables, world.tenant, [entry])
  return invocationId
}

describe('mayfly ledger show of a refusal', () => {
  it('decides again on what its problem document names', async () => {
    const invocationId = await stored({ signals: someSignals('no') })
    const text = await show(`urn:uuid:${invocationId}`)
    const fields = text.split('\n').map((line) => line.trim().replaceAll(/ {2,}/g, '  '))
    expect(fields).toEqual(
      expect.arrayContaining([
        'code  device-not-compliant',
        `invocation  ${invocationId}`,
        'policy  "Device": failed: compliantDevice',
        'policy  "Trial" (report-only): failed: block',
        'proofs  {"compliantDevice":"no"}',
      ]),
    )
    expect(text).not.toContain('ALARM')
    expect(JSON.parse(await show(invocationId.toUpperCase(), '--json'))).toMatchObject({
      refusal: { invocationId, revision: 1 },
      explanation: { decision: { kind: 'deny' } },
      unexplained: null,
      alarms: [],
    })
  })

  it.each<readonly [what: string, changes: Partial<RefusalEntry>, told: RegExp]>([
    [
      'came before its policies',
      { code: 'denied', signals: [] },
      /policies +it was refused before policies were/,
    ],
    [
      'was for another reason than they',
      { code: 'subject-busy', signals: someSignals('yes') },
      /"Device": satisfied/,
    ],
    ['they would not make', { signals: someSignals('yes') }, /^ALARM: decided again, revision 1 allows/],
    ['is of a revision that is not there', { revision: 9 }, /^ALARM: the tenant has no revision 9\n/],
  ])('tells of one that %s', async (_, changes, told) => {
    const text = await show(await stored(changes))
    expect(text).toMatch(told)
    expect(text.includes('ALARM')).toBe(told.source.includes('ALARM'))
  })

  it('finds none that was not recorded', async () => {
    await expect(show(randomUUID())).toRefuse('refusal-unknown')
  })
})
