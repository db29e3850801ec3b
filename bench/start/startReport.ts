import type { StartResults } from './measureStart.ts'

type Spread = StartResults['cold']['load']

const nameWidth = 60

const line = ([name = '', ...cells]: readonly string[]): string =>
  name.padEnd(nameWidth) + cells.map((cell) => cell.padStart(10)).join('')

const row = (name: string, { median, least, most }: Spread): string =>
  line([`  ${name}`, ...[median, least, most].map((one) => one.toFixed(0))])

const section = (title: string, { host, load, first }: StartResults['cold']): readonly string[] => [
  line([title, 'median', 'least', 'most']),
  row('Node.js and the local host, until the app begins to load', host),
  row('the bundle loaded', load),
  row('first certificate, since the process began', first),
]

/** The results as text of at most 128 columns. */
export const startReport = (results: StartResults): string =>
  [
    `Mayfly's start: Node.js ${results.node}, ${results.processors} x ${results.processor}, ${results.date}`,
    '',
    `Milliseconds over ${results.runs} starts of the built bundle on the local host, on one core, by turns without and with a compile cache;
the tables answer at once, and the tenant, its keys and the token issuer's are asked for by the first request.`,
    '',
    ...section('without a compile cache', results.cold),
    '',
    ...section('with a compile cache that an earlier start wrote', results.warm),
  ].join('\n')
