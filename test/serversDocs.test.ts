import { expect, it } from 'vitest'
import { withServerTable } from '../tools/withServerTable.ts'
import { projectFile } from './pages.ts'

const [start, end] = ['<!-- servers: made by "npm run docs" -->', '<!-- servers: end -->']

it('docs/servers.md tells what each server cannot check, as "npm run docs" writes it', () => {
  const page = projectFile('docs/servers.md')
  expect(withServerTable(page)).toBe(page)
})

it('withServerTable() replaces what was there, and refuses a document without its marks', () => {
  const text = withServerTable(`before\n${start}\n<<what was there>>\n${end}\nafter\n`)
  expect(text).toMatch(/^before\n[^]*\n\| `nginx` \|[^]*\nafter\n$/)
  expect(text).not.toContain('<<')
  for (const broken of ['', start, end]) expect(() => withServerTable(broken)).toThrow(/lacks the marks/)
})
