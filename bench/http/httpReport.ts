import type { HttpResults } from './measureHttp.ts'

type Row = HttpResults['contenders'][number]

const cellsOf = (row: Row): readonly string[] => [
  `  ${row.name}`,
  row.requestsPerSecond.toFixed(0),
  row.processor.toFixed(3),
  row.latency50.toFixed(1),
  row.latency95.toFixed(1),
  row.latency99.toFixed(1),
  row.allocated === undefined ? '-' : (row.allocated / 1024).toFixed(0),
  (row.resident / 1024 ** 2).toFixed(0),
]

const nameWidth = 44

const line = ([name = '', ...cells]: readonly string[]): string =>
  name.padEnd(nameWidth) + cells.map((cell) => cell.padStart(10)).join('')

/** The results as text of at most 128 columns. */
export const httpReport = (results: HttpResults): string =>
  [
    `Mayfly over HTTP: Node.js ${results.node}, ${results.processors} x ${results.processor}, ${results.date}`,
    '',
    `The server on a core of its own, load and store on the other; ${results.connections} requests under way at any time, each with a new
RS256 token of another user and the same P-256 request. ${results.rounds} rounds of about ${results.seconds} s each, one contender after the other; medians.
CPU is that of the server's processes by /proc, latencies in milliseconds, heap is what V8 allocates.`,
    '',
    line(['', 'requests/s', 'CPU ms', '50 %', '95 %', '99 %', 'heap KiB', 'RSS MiB']),
    ...results.contenders.map((row) => line(cellsOf(row))),
    ...results.missing.map((name) => `  not measured: ${name}`),
    ...(results.ratios.length > 0
      ? [
          '',
          line(['Mayfly : other, same rounds', 'requests/s', 'CPU']),
          ...results.ratios.map(({ name, requestsPerSecond, processor }) =>
            line([`  ${name}`, `${requestsPerSecond.toFixed(2)}x`, `${processor.toFixed(2)}x`]),
          ),
        ]
      : []),
  ].join('\n')
