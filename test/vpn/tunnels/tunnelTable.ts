import { badCases, type CaseName, goodCases, type Verdict } from './cases.ts'

const start = '<!-- tunnels: made by "MAYFLY_UPDATE_DOCS=1 npm run test:vpn" -->'
const end = '<!-- tunnels: end -->'

const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`

/** What became of the cases, by the server. */
export type Verdicts = ReadonlyMap<string, Readonly<Partial<Record<CaseName, Verdict>>>>

const isBad = (name: CaseName): boolean => badCases.some((bad) => bad === name)

const cell = (name: CaseName, verdict: Verdict | undefined): string => {
  if (verdict === undefined) return '-'
  if (verdict !== 'in') return 'refused'
  return isBad(name) ? '**in**' : 'in'
}

/** Writes what each server did about each case. */
const tunnelTable = (verdicts: Verdicts): string => {
  const servers = [...verdicts.keys()]
  const rows = [...goodCases, ...badCases].map((name) =>
    line([name, ...servers.map((server) => cell(name, verdicts.get(server)?.[name]))]),
  )
  const heads = ['certificate', ...servers]
  return [line(heads), line(heads.map(() => '---')), ...rows].join('\n')
}

/** Puts the table between the two marks of a document. */
export const withTunnelTable = (text: string, verdicts: Verdicts): string => {
  const [before, rest = ''] = text.split(`${start}\n`)
  const [, after] = rest.split(end)
  if (before === undefined || after === undefined)
    throw new Error('The document lacks the marks of the table.')
  return `${before}${start}\n${tunnelTable(verdicts)}\n${end}${after}`
}
