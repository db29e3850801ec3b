import type { GrowthResults } from './measureGrowth.ts'

const nameWidth = 56

const line = ([name = '', ...cells]: readonly string[]): string =>
  name.padEnd(nameWidth) + cells.map((cell) => cell.padStart(10)).join('')

const cellsOf = (row: GrowthResults['cases'][number]): readonly string[] => [
  `  ${row.name}`,
  row.processor.toFixed(3),
  `${row.ratio.toFixed(2)}x`,
  row.calls.toFixed(2),
  row.latency50.toFixed(1),
  row.latency99.toFixed(1),
  (row.resident / 1024 ** 2).toFixed(0),
]

/** The results as text of at most 128 columns. */
export const growthReport = (results: GrowthResults): string =>
  [
    `Mayfly as it grows: Node.js ${results.node}, ${results.processors} x ${results.processor}, ${results.date}`,
    '',
    `One enrollment over HTTP on one core, ${results.connections} at a time, on tables that answer at once, with much of one thing each;
${results.rounds} rounds of ${results.requests} requests, one case after the other; medians. CPU in milliseconds a request, x is that by the first line in the
same round, calls are those of tables a request, latencies in milliseconds.`,
    '',
    line(['', 'CPU ms', 'x', 'calls', '50 %', '99 %', 'RSS MiB']),
    ...results.cases.map((row) => line(cellsOf(row))),
  ].join('\n')
