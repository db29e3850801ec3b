import { describe, expect, it } from 'vitest'
import { issuanceRecord, refusalRecord } from '../cli/ledger/issuanceRecord.ts'
import { entryValues } from '../lib/ledger/record/entry.ts'
import { refusalValues } from '../lib/ledger/record/refusalEntry.ts'
import { someIssuance, someRefusal } from './lib/ledger/storedRows.ts'
import { projectFile } from './pages.ts'

const audit = projectFile('docs/audit.md')

/** The columns that the table below a heading explains. */
const documented = (heading: string): readonly string[] => {
  const [, section = ''] = audit.split(`### ${heading}`)
  const [table = ''] = section.split(/^##/m)
  const cells = [...table.matchAll(/^\| (`[^|]+) \|/gm)].map(([, cell = '']) => cell)
  return cells.flatMap((cell) => [...cell.matchAll(/`(\w+)`/g)].map(([, column = '']) => column)).toSorted()
}

describe('docs/audit.md', () => {
  it('explains every column of issuances and refusals, and no other', () => {
    expect(documented('Issuances')).toEqual(Object.keys(entryValues(someIssuance())).toSorted())
    expect(documented('Refusals')).toEqual(Object.keys(refusalValues(someRefusal())).toSorted())
  })

  it('says what each column is to a tool that reads the tables', () => {
    const edm = (value: unknown) =>
      value instanceof Uint8Array ? 'Binary' : Number.isInteger(value) ? 'Int32' : typeof value
    for (const [heading, values] of [
      ['Issuances', entryValues(someIssuance())],
      ['Refusals', refusalValues(someRefusal())],
    ] as const) {
      const [, section = ''] = audit.split(`### ${heading}`)
      const rows = [...(section.split(/^##/m)[0] ?? '').matchAll(/^\| (`[^|]+) \| (\w+) \|/gm)]
      const said = rows.flatMap(([, names = '', type = '']) =>
        [...names.matchAll(/`(\w+)`/g)].map(([, name]) => [name, type.replace('String', 'string')]),
      )
      const stored = Object.entries(values).map(([name, value]) => [name, edm(value)])
      expect(Object.fromEntries(said)).toEqual(Object.fromEntries(stored))
    }
  })

  it('says what the members of JSON are: the columns, the tenant and the digest', () => {
    const issuance = ['tenant', 'sha256', ...documented('Issuances')]
    expect(Object.keys(issuanceRecord('contoso', someIssuance())).toSorted()).toEqual(issuance.toSorted())
    const refusal = ['tenant', ...documented('Refusals')]
    expect(Object.keys(refusalRecord('contoso', someRefusal())).toSorted()).toEqual(refusal.toSorted())
  })
})
