import type { HttpResults } from './measureHttp.ts'

type Row = HttpResults['contenders'][number]

const mebibytes = (octets: number) => (octets / 1024 ** 2).toFixed(0)

const cellsOf = (row: Row): readonly string[] => [
  `  ${row.name}`,
  row.requestsPerSecond.toFixed(0),
  row.processor.toFixed(3),
  row.latency50.toFixed(1),
  row.latency95.toFixed(1),
  row.latency99.toFixed(1),
  row.allocated === undefined ? '-' : (row.allocated / 1024).toFixed(0),
  mebibytes(row.resident),
]

const nameWidth = 44

const line = ([name = '', ...cells]: readonly string[]): string =>
  name.padEnd(nameWidth) + cells.map((cell) => cell.padStart(10)).join('')

const times = (ratio: number) => `${ratio.toFixed(2)}x`

const headings = ['requests/s', 'CPU ms', '50 %', '95 %', '99 %', 'heap KiB', 'RSS MiB']

const contendersText = ({ contenders, missing, ratios }: HttpResults): readonly string[] => [
  line(['certificates', ...headings]),
  ...contenders.map((row) => line(cellsOf(row))),
  ...missing.map((name) => `  not measured: ${name}`),
  '',
  line(['Mayfly on the stub, by each in its rounds', 'requests/s', 'CPU']),
  ...ratios.map((ratio) => line([`  ${ratio.name}`, times(ratio.requestsPerSecond), times(ratio.processor)])),
]

const handlerText = ({ handler: { alone, overHttp, part } }: HttpResults): string =>
  line(['the function alone, without the host', '', alone.toFixed(3)]) +
  `   of ${overHttp.toFixed(3)} over HTTP: ${(100 * part).toFixed(0)} %`

const notModifiedText = ({ notModified }: HttpResults): readonly string[] => [
  line(['a trust file that did not change', ...headings]),
  ...notModified.contenders.map((row) => line(cellsOf(row))),
  line(['  Mayfly by node:http', times(notModified.requestsPerSecond)]) +
    `, ${times(notModified.perProcessorSecond)} a second of processor`,
]

const latencyText = ({ latency }: HttpResults): readonly string[] => [
  line([
    `${latency.signMilliseconds} ms to sign, ${latency.tableMilliseconds} ms a table call`,
    '50 %',
    '99 %',
    'floor 50%',
    'floor 99%',
    'added 50%',
    'added 99%',
  ]),
  ...latency.results.map(({ connections, mayfly, floor, added }) =>
    line([
      `  ${connections} requests at a time`,
      ...[mayfly, floor, added].flatMap(({ median, latency99 }) => [median.toFixed(1), latency99.toFixed(1)]),
    ]),
  ),
]

const memoryText = ({ memory }: HttpResults): readonly string[] => [
  line(['memory after so many requests', 'RSS MiB', 'heap MiB']),
  ...memory.map(({ requests, resident, heap }) =>
    line([`  ${requests}`, mebibytes(resident), mebibytes(heap)]),
  ),
]

/** The results as text of at most 128 columns. */
export const httpReport = (results: HttpResults): string =>
  [
    `Mayfly over HTTP: Node.js ${results.node}, ${results.processors} x ${results.processor}, ${results.date}`,
    '',
    `The server on a core of its own, load and store on the other; ${results.connections} requests under way at any time, each with a new
RS256 token of another user and the same P-256 request. ${results.rounds} rounds of about ${results.seconds} s each, one contender after the other; medians.
CPU is that of the server's processes by /proc, latencies in milliseconds, heap is what V8 allocates.`,
    '',
    ...contendersText(results),
    '',
    handlerText(results),
    '',
    ...notModifiedText(results),
    '',
    ...latencyText(results),
    '',
    ...memoryText(results),
  ].join('\n')
