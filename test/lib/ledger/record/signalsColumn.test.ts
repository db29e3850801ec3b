import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { entryFromRow, entryValues } from '../../../../lib/ledger/record/entry.ts'
import { refusalFromRow, refusalValues } from '../../../../lib/ledger/record/refusalEntry.ts'
import { isSignals, type KeptSignals, signalsColumn } from '../../../../lib/ledger/record/signalsColumn.ts'
import type { Value } from '../../../../lib/store/tables.ts'
import { someSignals } from '../storedRows.ts'

const folder = new URL('rows/', import.meta.url)
const certificate = Uint8Array.of(0x30, 0)

/** A row as it stands in the tables, but for the certificate. */
const rowOf = (name: string) => {
  const values = JSON.parse(readFileSync(new URL(`${name}.json`, folder), 'utf8')) as Record<string, Value>
  return { partition: 'contoso~0', row: 'row', etag: '', values }
}

/** What is written of a row that was read. */
const rewritten = (name: string): Readonly<Record<string, Value>> => {
  const row = rowOf(name)
  if (name.startsWith('refusal')) return refusalValues(refusalFromRow(row))
  const entry = entryFromRow({ ...row, values: { ...row.values, certificate } })
  const { certificate: _, ...values } = entryValues(entry)
  return values
}

describe('the rows of the ledger and of refusals', () => {
  const names = readdirSync(folder).map((file) => file.replace('.json', ''))

  it('are kept of every version there was', () => {
    expect(names.toSorted()).toEqual([
      'issuance-facts',
      'issuance-proofs',
      'issuance-signals',
      'refusal-facts',
      'refusal-proofs',
      'refusal-signals',
    ])
  })

  it.each(names)('%s is read, and would be written again as it stands', (name) => {
    // Before there were policies none permitted.
    const added = name === 'issuance-proofs' ? { policy: '' } : {}
    expect(rewritten(name)).toEqual({ ...rowOf(name).values, ...added })
  })

  it('tell of signals what was known, and of proofs what each came to', () => {
    const read = (name: string) => signalsColumn.read(rowOf(name).values['signals'])
    expect(read('refusal-proofs')).toEqual([{ proof: 'claim device_compliant', signal: 'disproven' }])
    const signals = read('issuance-signals')
    expect(isSignals(signals)).toBe(true)
    expect(signals).toMatchObject({ guest: null, clientIp: '2001:db8::7', proofs: { mfa: 'unknown' } })
    expect((signals as KeptSignals).insiderRisk).toBeUndefined()
    expect((signals as KeptSignals).facts).toBeUndefined()
    expect(read('refusal-facts')).toMatchObject({
      facts: [{ at: 1_772_445_540 }, { source: 'posture' }, { value: null }],
    })
  })

  it('without signals tell of no decision; those of a version to come are not understood', () => {
    expect(signalsColumn.read(undefined)).toEqual([])
    for (const text of ['{', '{"version":2}', '{}', '5', 'null', '"x"'])
      expect(() => signalsColumn.read(text), text).toThrow()
  })
})

describe('signals that are too long for a row', () => {
  const ids = (count: number) => Array.from({ length: count }, (_, index) => `group-${index}`.padEnd(36, '0'))
  const kept = (signals: Partial<KeptSignals>) => {
    const text = signalsColumn.write({ ...someSignals('yes'), ...signals })
    expect(text.length).toBeLessThanOrEqual(30_000)
    return signalsColumn.read(text)
  }

  it('are kept whole with as many groups and roles as a token of Entra has', () => {
    const most = { groups: ids(200), roles: ids(200) }
    expect(kept(most)).toEqual({ ...someSignals('yes'), ...most })
  })

  it('lose whole lists, the longest first, and say so', () => {
    const [groups, roles, methods] = [ids(800), ids(700), ids(5)]
    const some = { roles, groups, authenticationMethods: methods }
    expect(kept(some)).toEqual({
      ...someSignals('yes'),
      roles,
      authenticationMethods: methods,
      omitted: ['groups'],
    })
    expect(kept({ ...some, roles: ids(900), device: { model: 'x'.repeat(40_000) } })).toMatchObject({
      authenticationMethods: methods,
      omitted: ['device', 'roles', 'groups'],
    })
  })
})
