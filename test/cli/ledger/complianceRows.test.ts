import { beforeAll, describe, expect, it } from 'vitest'
import type { FactReport } from '../../../lib/policy/signals/factKinds.ts'
import type { Signals } from '../../../lib/policy/signals/signals.ts'
import type { Tables } from '../../../lib/store/tables.ts'
import { testTables } from '../../azurite.ts'
import {
  rowTime,
  someIssuance,
  someRefusal,
  someSignals,
  storeIssuances,
  storeRefusals,
} from '../../lib/ledger/storedRows.ts'
import { policyDocument } from '../../policies.ts'
import { complianceWorld } from '../policy/complianceWorld.ts'
import { runStream, testDeployment, testTime } from '../runCommand.ts'

let tables: Tables
beforeAll(async () => {
  tables = await testTables(testTime)
})

const at = Math.floor(rowTime.getTime() / 1_000)
const report = (fact: FactReport['fact'], value: FactReport['value']): FactReport => ({
  fact,
  source: 'posture',
  value,
  at: at - 600,
})
const platform = report('platform', 'windows')
const encrypted = report('systemDriveEncrypted', true)

const signals = (facts: readonly FactReport[] | undefined, changes: Partial<Signals> = {}): Signals => ({
  ...someSignals('yes'),
  platform: 'windows',
  ...(facts && { facts }),
  ...changes,
})

const healthy = signals([platform, report('secureBoot', true), encrypted])
const failing = signals([platform, report('secureBoot', false), encrypted])

describe('mayfly ledger show, with compliance policies,', () => {
  const shown = async (found: Signals, wasIssued: boolean, ...more: readonly string[]) => {
    const { tenant } = await complianceWorld()
    const issuance = someIssuance({ signals: found, policy: 'default', revision: 2 })
    const refusal = someRefusal({ signals: found, revision: 2, code: 'attestation-unbound' })
    await storeIssuances(tables, tenant, wasIssued ? [issuance] : [])
    await storeRefusals(tables, tenant, wasIssued ? [] : [refusal])
    const subject = wasIssued ? issuance.serialNumber : refusal.invocationId
    const words = ['ledger', 'show', subject, '--tenant', tenant, ...more]
    return (await runStream(words, testDeployment('.'))).replaceAll(/ {2,}/g, '  ')
  }

  it('tells each setting, and the facts that were used, with source and age', async () => {
    const text = await shown(failing, false)
    expect(text).toMatch(
      /\n\nby its compliance policies\n {2}compliant {2}no\n {2}policy {2}"Baseline": failed\n/,
    )
    expect(text).toMatch(
      /\n {2}setting {2}secureBootEnabled: failed \(wants .*; secureBoot: no, by the posture token 10 min ago\)\n/,
    )
    expect(text).toMatch(
      /\n\non these facts of the device\n {2}platform {2}windows, by the posture token 10 min ago\n {2}secureBoot {2}no, by the posture token 10 min ago\n/,
    )
    expect(text).not.toMatch(/ALARM|"fact"/)
  })

  it('decides again on the facts of a refusal', async () => {
    expect(await shown(healthy, false)).toMatch(/^ALARM: decided again, revision 2 allows the certificate\n/)
  })

  it('tells all of it to programs', async () => {
    expect(JSON.parse(await shown(failing, false, '--json'))).toMatchObject({
      refusal: { signals: { facts: failing.facts } },
      explanation: {
        decision: { kind: 'deny', compliance: { compliant: 'no', policies: [{ settings: [{}, {}] }] } },
      },
    })
  })
})

describe('mayfly policy replay, with compliance policies,', () => {
  const requests: Readonly<Record<string, readonly [Signals, change: string | undefined]>> = {
    healthy: [healthy, undefined],
    failing: [failing, 'refused'],
    'silent source': [signals([platform, report('secureBoot', undefined), encrypted]), 'refused'],
    'fact that was not kept': [signals([platform, encrypted]), 'cannot tell'],
    'no facts': [signals(undefined), 'cannot tell'],
    'unknown platform': [signals([platform], { platform: undefined }), 'cannot tell'],
    'no policy assigned': [signals([], { platform: 'linux' }), 'refused'],
    'unproven claim': [{ ...healthy, proofs: { compliantDevice: 'unknown' } }, 'refused'],
    'no claim': [{ ...healthy, proofs: {} }, undefined],
  }

  it('is certain only where the row has all that they ask for', async () => {
    const made = await complianceWorld()
    const rows = Object.entries(requests).map(([upn, [found]]) =>
      someIssuance({ upn, subject: upn, signals: found, revision: 2 }),
    )
    await storeIssuances(tables, made.tenant, rows)
    const policies = await made.file(policyDocument('Compliant'))
    const { json } = await made.run('policy replay', ['-f', policies])
    const { changed } = json as { changed: readonly { readonly upn: string; readonly change: string }[] }
    const expected = Object.entries(requests).map(([upn, [, change]]) => [upn, change])
    expect(Object.fromEntries(changed.map(({ upn, change }) => [upn, change]))).toEqual(
      Object.fromEntries(expected.filter(([, change]) => change !== undefined)),
    )
  })
})
