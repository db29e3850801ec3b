import { readFile, writeFile } from 'node:fs/promises'
import { factKinds, type FactKind, type FactName } from '../lib/policy/signals/factKinds.ts'
import { evidence } from '../lib/tenant/evidence.ts'
import { suppliedFacts } from '../lib/tenant/suppliedFacts.ts'

const document = new URL('../docs/device-evidence.md', import.meta.url)
const start = '<!-- facts: made by "npm run docs" -->'
const end = '<!-- facts: end -->'

const kindText = (kind: FactKind): string => {
  if (typeof kind !== 'string') return kind.words.map((word) => `\`${word}\``).join(', ')
  return kind === 'yesOrNo' ? 'yes or no' : kind
}

const issuer = 'https://issuer.example'
const azure = { kind: 'azure', issuer, policyHashes: ['A'.repeat(43)] }
const directory = { kind: 'entra', directoryId: '00000000-0000-0000-0000-000000000000' }

/** Sources that tell facts without a mapping, as a tenant has them, by the heading of their column. */
const sources: Readonly<Record<string, unknown>> = {
  '`azure`': { anyMachine: true, attestation: [azure] },
  '`eat`': { anyMachine: true, attestation: [{ kind: 'eat', issuer, facts: {} }] },
  directory: { directory },
  'with Intune': { directory: { ...directory, intune: true } },
}

const toldBy = (source: unknown): ReadonlySet<FactName> =>
  new Set(suppliedFacts({ tokenIssuers: [], evidence: evidence.parse(source) }).map(({ fact }) => fact))

const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`

const table = (): string => {
  const columns = Object.values(sources).map(toldBy)
  const names = Object.keys(factKinds) as FactName[]
  const rows = names.map((fact) => [
    `\`${fact}\``,
    kindText(factKinds[fact]),
    ...columns.map((told) => (told.has(fact) ? 'x' : '')),
  ])
  const headings = ['fact', 'value', ...Object.keys(sources)]
  return [headings, headings.map(() => '---'), ...rows].map(line).join('\n')
}

/** Puts the table of facts, and of who tells them, between the two marks of a document. */
export const withFactTable = (text: string): string => {
  const [before, rest = ''] = text.split(`${start}\n`)
  const [, after] = rest.split(end)
  if (before === undefined || after === undefined)
    throw new Error('The document lacks the marks of the table of facts.')
  return `${before}${start}\n${table()}\n${end}${after}`
}

if (process.argv.includes('--write'))
  await writeFile(document, withFactTable(await readFile(document, 'utf8')))
