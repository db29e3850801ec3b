import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { issuanceRecord, refusalRecord } from '../cli/ledger/ledgerRecord.ts'
import { entryValues } from '../lib/ledger/record/entry.ts'
import { refusalValues } from '../lib/ledger/record/refusalEntry.ts'
import { someIssuance, someRefusal } from './lib/ledger/storedRows.ts'
import { fencesOf, projectFile, readersCopy } from './readersCopy.ts'

const audit = await projectFile('docs/audit.md')

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

  // The commands are written for a POSIX shell.
  it.skipIf(process.platform === 'win32')(
    'has commands that run as they stand, one after the other',
    async () => {
      await using copy = await readersCopy()
      await copy.start()
      const shell = (commands: string) =>
        copy.shell(`npx() { shift 2; '${process.execPath}' tools/mayfly.mjs "$@"; }\n${commands}`)
      const [read = '', ...rest] = fencesOf(audit)
      const { stdout } = await shell(read)
      expect(stdout).toMatch(/^issued +user +serial number\n(?:.*\n)*.*ada@contoso\.example/m)
      expect(stdout).toMatch(/^issued\n {2}to +ada@contoso\.example$/m)
      for (const commands of rest) await shell(commands)
      const lines = async (name: string) =>
        (await readFile(join(copy.folder, name), 'utf8')).trimEnd().split(/\r?\n/)
      const exported = (await lines('audit.jsonl')).map((line) => JSON.parse(line) as { upn: string })
      // The demo of `npm start` is in it, too.
      expect(exported.length).toBeGreaterThanOrEqual(2)
      expect((await lines('audit.csv')).length).toBeGreaterThanOrEqual(2)
      expect((await lines('audit.refusals')).join()).toContain('"code":"device-not-compliant"')
      expect((await lines('audit.refusals.csv')).join()).toContain('device-not-compliant')
    },
    120_000,
  )
})
