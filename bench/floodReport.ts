import type { Comparison, FloodResult, FloodResults } from './measureFloods.ts'

const milliseconds = ({ peace, flooded, ratio }: Comparison): readonly string[] => [
  peace.toFixed(1),
  flooded.toFixed(1),
  `${ratio.toFixed(1)}x`,
]

const percent = (part: number) => `${(100 * part).toFixed(1)} %`

const cellsOf = (flood: FloodResult): readonly string[] => [
  `  ${flood.name}`,
  flood.floodRequestsPerSecond.toFixed(0),
  percent(flood.success.peace),
  percent(flood.success.flooded),
  ...milliseconds(flood.medianLatency),
  ...milliseconds(flood.latencyOf95Percent),
]

const nameWidth = 46

const line = ([name = '', ...cells]: readonly string[]): string =>
  name.padEnd(nameWidth) + cells.map((cell) => cell.padStart(9)).join('')

const answersOf = ({ name, floodAnswers }: FloodResult): string =>
  `  ${name}: ${Object.entries(floodAnswers)
    .map(([status, count]) => `${status} ${count} times`)
    .join(', ')}`

/** The results as text of at most 128 columns. */
export const floodReport = (results: FloodResults): string =>
  [
    `Mayfly flood bench: Node.js ${results.node}, ${results.processors} x ${results.processor}, ${results.date}`,
    '',
    `A tenant whose users ask for 20 certificates a second, in peace and while ${results.connections} connections ask for more as fast as
they are answered; ${results.rounds} rounds of both, side by side. Functions host, Azurite, the flood and the users share the machine.
Latencies in milliseconds; x is the median of each round's own ratio.`,
    '',
    line(['', 'flood/s', 'success', 'flooded', 'median', 'flooded', 'x', '95 %', 'flooded', 'x']),
    ...results.floods.map((flood) => line(cellsOf(flood))),
    '',
    'What the floods were answered',
    ...results.floods.map(answersOf),
  ].join('\n')
