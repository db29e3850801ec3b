import type { EnsureResults } from './measureEnsure.ts'

type Row = EnsureResults['rows'][number]

const line = ([name = '', ...cells]: readonly string[]): string =>
  name.padEnd(34) + cells.map((cell) => cell.padStart(12)).join('')

const row = ({ name, elapsed, processor, timesNode }: Row): string =>
  line([
    `  ${name}`,
    ...[elapsed, processor].flatMap(({ median, least }) => [median.toFixed(0), least.toFixed(0)]),
    ...[timesNode.elapsed, timesNode.processor].map(({ median }) => median.toFixed(2)),
  ])

/** The results as text of at most 128 columns. */
export const ensureReport = (results: EnsureResults): string =>
  [
    `Before a connection: Node.js ${results.node}, ${results.processors} x ${results.processor}, ${results.date}`,
    '',
    `Milliseconds over ${results.rounds} rounds, each of which runs all of these once; times the node -e 0 above in the same round.`,
    '',
    line(['', 'elapsed', '', 'processor', '', 'times node', 'times node']),
    line(['', 'median', 'least', 'median', 'least', 'elapsed', 'processor']),
    ...results.rows.map(row),
    ...(results.isBuilt ? [] : ['', 'Not measured: the executable, which npm run build:cli makes.']),
  ].join('\n')
