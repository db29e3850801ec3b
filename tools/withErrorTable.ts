import { readFile, writeFile } from 'node:fs/promises'
import { type CatalogueEntry, catalogue } from '../lib/errors/catalogue.ts'

const document = new URL('../docs/errors.md', import.meta.url)
const start = '<!-- errors: made by "npm run docs" -->'
const end = '<!-- errors: end -->'

const cell = (text: string) => text.replaceAll('|', '\\|')

const row = ([code, { status, title, remedy }]: readonly [string, CatalogueEntry]): string =>
  `| \`${code}\` | ${status} | ${cell(title)} | ${cell(remedy)} |`

const table = (): string =>
  [
    '| code | status | meaning | what to do |',
    '|---|---|---|---|',
    ...Object.entries(catalogue).map(row),
  ].join('\n')

/** Puts the table of the catalogue between the two marks of a document. */
export const withErrorTable = (text: string): string => {
  const [before, rest = ''] = text.split(`${start}\n`)
  const [, after] = rest.split(end)
  if (before === undefined || after === undefined)
    throw new Error('The document lacks the marks of the error table.')
  return `${before}${start}\n${table()}\n${end}${after}`
}

if (process.argv.includes('--write'))
  await writeFile(document, withErrorTable(await readFile(document, 'utf8')))
