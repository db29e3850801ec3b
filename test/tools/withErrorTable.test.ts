import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { catalogue } from '../../lib/errors/catalogue.ts'
import { withErrorTable } from '../../tools/withErrorTable.ts'

const document = await readFile(new URL('../../docs/errors.md', import.meta.url), 'utf8')

const marks = document.match(/^<!-- errors: .*-->$/gm) ?? []

describe('the table of docs/errors.md', () => {
  it('is that of the catalogue ("npm run docs" makes it so)', () => {
    expect(withErrorTable(document)).toBe(document)
  })

  it('has a row for every code', () => {
    const [, table = ''] = document.split(/^<!-- errors: .*-->$/m)
    const codes = [...table.matchAll(/^\| `([a-z-]+)` \|/gm)].map(([, code]) => code)
    expect(codes).toEqual(Object.keys(catalogue))
  })
})

describe('withErrorTable()', () => {
  it('replaces what is between the marks, and nothing else', () => {
    const [start = '', end = ''] = marks
    const text = withErrorTable(`before\n${start}\n<<what was there>>\n${end}\nafter\n`)
    const [before, ...rest] = text.split(`${start}\n`)
    expect(before).toBe('before\n')
    expect(rest).toHaveLength(1)
    expect(rest[0]).toMatch(/^\| code \| status \|[^]*\|\n<!-- errors: end -->\nafter\n$/)
    expect(text).not.toContain('<<')
    expect(withErrorTable(text)).toBe(text)
  })

  it('tells when a mark is missing', () => {
    const [start = '', end = ''] = marks
    for (const text of ['', start, `${start}\n`, end, `${end}\n${start}\n`]) {
      expect(() => withErrorTable(text)).toThrow(/lacks the marks/)
    }
  })
})
