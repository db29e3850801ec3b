import { expect, it } from 'vitest'
import { reconciliationText } from '../../../cli/ledger/ledgerReconcile.ts'
import type { Reconciliation } from '../../../lib/ledger/audit/reconcile.ts'
import { testTime as at } from '../../world.ts'

/** Erases the line above, turns the text around, and begins a line of its own. */
const hostile = 'x\u001b[1A\u001b[2K\u202e\u009b31m\nEverything is accounted for.'

const row = {
  tenant: hostile,
  table: hostile,
  issuedAt: at,
  requestId: hostile,
  vaultRequestId: '',
  serialNumber: hostile,
}
const signature = { at, time: hostile, key: hostile, version: '', correlationId: hostile, caller: hostile }

const result: Reconciliation = {
  log: {
    records: 1,
    notUnderstood: 0,
    covers: undefined,
    ignored: {},
    otherKeys: { [hostile]: 1 },
    unknownKeys: { [hostile]: 1 },
  },
  compared: undefined,
  matched: 0,
  unexplained: [{ signature, why: 'no row' }],
  explained: {},
  unsigned: [{ row: { ...row, issuerId: hostile }, why: 'no signature' }],
  withoutLog: 0,
}

it('a forged row cannot hide that somebody has to look at it', () => {
  const text = reconciliationText(result)
  expect(text).toContain(String.raw`\u{1b}[1A`)
  expect(text).not.toMatch(/[^\n\x20-\x7e’]/)
  expect(text).not.toMatch(/^\s*Everything is accounted for\.$/m)
})
