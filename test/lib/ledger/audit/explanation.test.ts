import { describe, expect, it } from 'vitest'
import { readExplanation } from '../../../../lib/ledger/audit/explanation.ts'
import { formatProbe, formatWastedSignature } from '../../../../lib/telemetry/signingIds.ts'

const requestId = '5a7d0f3e-2f8a-4f5b-9d0c-0a1b2c3d4e5f'
const vaultRequestId = 'e092294d-9368-4940-96cd-c255bef56036'
const signature = { tenant: 'contoso', issuer: 'issuer~0001', requestId, vaultRequestId }
const line = formatProbe(signature)
const probe = JSON.parse(line) as Readonly<Record<string, unknown>>
const explained = { ids: [requestId, vaultRequestId], reason: 'readiness probe' }

describe('readExplanation()', () => {
  it('knows readiness probes, and signatures that the app tells it wasted, by both ids', () => {
    expect(readExplanation(probe)).toEqual(explained)
    for (const reason of ['race lost', 'no answer', 'not recorded'] as const) {
      const wasted: unknown = JSON.parse(formatWastedSignature({ ...signature, reason }))
      expect(readExplanation(wasted)).toEqual({ ...explained, reason })
    }
  })

  it.each(['Message', 'message', 'notice'])('finds a line in the column %s', (column) => {
    const row = { TimeGenerated: '2026-03-02T10:00:00Z', Level: 'x', [column]: line }
    expect(readExplanation(row)).toEqual(explained)
  })

  it('reads lines of older versions, and those of an answer that did not arrive', () => {
    const { vaultRequestId: _, ...old } = probe
    for (const record of [old, { ...probe, vaultRequestId: '' }, { ...probe, vaultRequestId: 7 }])
      expect(readExplanation(record)?.ids).toEqual([requestId])
  })

  it('writes ids as the log of the keys is read', () => {
    expect(readExplanation({ ...probe, requestId: requestId.toUpperCase() })).toEqual(explained)
  })

  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['text', line],
    ['a list', [probe]],
    ['another event', { ...probe, event: 'request' }],
    ['no id', { ...probe, requestId: undefined, vaultRequestId: undefined }],
    ['ids that are no text', { ...probe, requestId: 7, vaultRequestId: {} }],
    ['a column that is no JSON', { Message: '{"event":"probe-signed"' }],
    ['a column with a list', { Message: [probe] }],
    ['a column that holds what a stranger sent', { Message: 'Executing', Url: line, Properties: line }],
    ['a column whose name a stranger chose', { Log_s: line, ['x-message']: line }],
    ['two columns, of which one must be forged', { Message: 'a request', message: line }],
    ['a line within a line', { Message: JSON.stringify({ event: 'request', cause: line, Message: line }) }],
    ['a line within another event', { event: 'request', Message: line }],
  ])('explains nothing by %s', (_, record) => expect(readExplanation(record)).toBeUndefined())

  it.each([undefined, 7, '', '__proto__', 'x'.repeat(41), '<b>'])(
    'does not repeat a reason such as %j',
    (reason) =>
      expect(readExplanation({ ...probe, event: 'signature-wasted', reason })?.reason).toBe('wasted'),
  )
})
