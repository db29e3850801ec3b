import { badCases, type CaseName, goodCases, resumption, type Verdict } from './cases.ts'

/** A row of a table. */
export const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`

/** What became of the cases with one server. */
export interface Met {
  readonly server: string
  readonly verdicts: Readonly<Partial<Record<CaseName, Verdict>>>
  /** Why nothing was resumed, where nothing can be. */
  readonly resumesNothing: string | undefined
}

const isBad = (name: CaseName): boolean => badCases.some((bad) => bad === name)

const cell = (name: CaseName, { verdicts, resumesNothing }: Met): string => {
  const verdict = verdicts[name]
  if (verdict === undefined) return name === resumption && resumesNothing !== undefined ? '-' : '?'
  if (verdict !== 'in') return 'refused'
  return isBad(name) ? '**in**' : 'in'
}

/** Writes what each server did about each case. */
const tunnelTable = (met: readonly Met[]): string => {
  const rows = [...goodCases, ...badCases].map((name) => line([name, ...met.map((one) => cell(name, one))]))
  const heads = ['certificate', ...met.map(({ server }) => server)]
  const nothing = [...new Set(met.flatMap(({ resumesNothing = [] }) => resumesNothing))]
  const why = nothing.map((reason) => `- Nothing to resume: ${reason}.`)
  return [line(heads), line(heads.map(() => '---')), ...rows, '', ...why].join('\n')
}

/** Puts a table between the two marks that a document has for it. @throws {Error} where it has none */
export const withTable = (text: string, name: string, table: string): string => {
  const [start, end] = [
    `<!-- ${name}: made by "MAYFLY_UPDATE_DOCS=1 npm run test:vpn" -->`,
    `<!-- ${name}: end -->`,
  ]
  const [before, rest = ''] = text.split(`${start}\n`)
  const [, after] = rest.split(end)
  if (before === undefined || after === undefined)
    throw new Error(`The document lacks the marks of the table of ${name}.`)
  return `${before}${start}\n${table}\n${end}${after}`
}

/** Puts what each server did about each case into a document. */
export const withTunnelTable = (text: string, met: readonly Met[]): string =>
  withTable(text, 'tunnels', tunnelTable(met))
