import { line, withTable } from './tunnelTable.ts'

/** What a run measures of a server: what takes how many seconds. */
export const measures = {
  afterEnd: 'ended, seconds after the certificate',
  silence: 'silent while a renewal took effect, seconds',
  afterDenial: 'ended, seconds after the denial',
} as const

export type Measure = keyof typeof measures

/** One number for each. */
export type Seconds = Readonly<Record<Measure, number>>

/** A server in the table: what the recipe says, to what it is held, and what was measured. */
export interface EndsRow {
  readonly server: string
  readonly ends: string
  readonly most: Seconds
  readonly measured: Seconds
}

const names = Object.keys(measures) as readonly Measure[]

const cellsOf = ({ server, ends, most, measured }: EndsRow): readonly string[] => [
  server,
  ends,
  ...names.flatMap((name) => [measured[name].toFixed(1), String(most[name])]),
]

const heads = ['server', 'what ends a tunnel', ...names.flatMap((name) => [measures[name], 'at most'])]

/** Puts the table of what ends tunnels into a document. */
export const withEndsTable = (text: string, rows: readonly EndsRow[]): string =>
  withTable(text, 'ends', [heads, heads.map(() => '---'), ...rows.map(cellsOf)].map(line).join('\n'))

/** Reads what a document says was measured of a server. @throws {Error} where it says nothing of it, or no number */
export const measuredIn = (text: string, server: string): Seconds => {
  const [, table = ''] = text.split(`| ${heads.join(' | ')} |`)
  const row = table.split('\n').find((one) => one.startsWith(`| ${server} |`))
  const cells = row?.split(' | ').slice(2) ?? []
  const entries = names.map((name, index) => {
    const cell = cells[2 * index] ?? ''
    if (!/^-?\d+\.\d$/.test(cell))
      throw new Error(`The document does not say of ${server}: ${measures[name]}.`)
    return [name, Number(cell)] as const
  })
  return Object.fromEntries(entries) as Record<Measure, number>
}
