import { describe, expect, it } from 'vitest'
import { readExplanation } from '../../../lib/ledger/appLog.ts'
import { formatWastedSignature } from '../../../lib/telemetry/wastedSignature.ts'

const requestId = '5a7d0f3e-2f8a-4f5b-9d0c-0a1b2c3d4e5f'
const probe = { event: 'probe-signed', tenant: 'contoso', issuer: 'issuer~0001', requestId }

describe('readExplanation()', () => {
  it('knows readiness probes, and signatures that the app tells it wasted', () => {
    expect(readExplanation(probe)).toEqual({ requestId, reason: 'readiness probe' })
    for (const reason of ['race lost', 'no answer', 'not recorded'] as const) {
      const line = formatWastedSignature({ tenant: 'contoso', issuer: 'issuer~0001', requestId, reason })
      expect(readExplanation(JSON.parse(line))).toEqual({ requestId, reason })
    }
  })

  it.each(['Message', 'message', 'Log_s'])('finds a line in the column %s of Log Analytics', (column) => {
    const row = { TimeGenerated: '2026-03-02T10:00:00Z', Level: 'x', [column]: JSON.stringify(probe) }
    expect(readExplanation(row)).toEqual({ requestId, reason: 'readiness probe' })
  })

  it('writes ids as the log of the keys is read', () => {
    expect(readExplanation({ ...probe, requestId: requestId.toUpperCase() })).toMatchObject({ requestId })
  })

  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['text', JSON.stringify(probe)],
    ['another event', { ...probe, event: 'request' }],
    ['no id', { ...probe, requestId: undefined }],
    ['an id that is no text', { ...probe, requestId: 7 }],
    ['a column that is no JSON', { Message: '{"event":"probe-signed"' }],
    ['a column with a list', { Message: [probe] }],
  ])('explains nothing by %s', (_, record) => expect(readExplanation(record)).toBeUndefined())

  it.each([undefined, 7, '', '__proto__', 'x'.repeat(41), '<b>'])(
    'does not repeat a reason such as %j',
    (reason) =>
      expect(readExplanation({ ...probe, event: 'signature-wasted', reason })).toEqual({
        requestId,
        reason: 'wasted',
      }),
  )
})
