import type { Results } from './results.ts'
import type { Summary } from './summary.ts'

type Goal = Results['goal']

const microseconds = (value: number) => value.toFixed(value < 9.95 ? 2 : 1)

const cellsOf = ({ name, ...row }: Summary): readonly string[] => [
  `  ${name}`,
  microseconds(row.median),
  microseconds(row.fastest),
  `${row.spreadPercent.toFixed(0)} %`,
  microseconds(row.processor),
  row.timesFloor.toFixed(2),
]

const comparisonCells = ({
  what,
  own,
  library,
  ratio,
}: Results['comparisons'][number]): readonly string[] => [
  `  ${what}`,
  microseconds(own),
  microseconds(library),
  ratio.toFixed(1),
]

/** Lines of a table: the first column to the left, the others to the right. */
const align = (rows: readonly (readonly string[])[], nameWidth: number): readonly string[] =>
  rows.map(
    ([name = '', ...cells]) => name.padEnd(nameWidth) + cells.map((cell) => cell.padStart(10)).join(''),
  )

const nameWidth = 40

const sectionLines = ({ title, rows }: Results['sections'][number]): readonly string[] => [
  '',
  title,
  ...align(rows.map(cellsOf), nameWidth),
]

const costText = (algorithm: string, { median, fastest }: Goal['measured']['RS256']): string =>
  `${median.toFixed(2)} (fastest ${fastest.toFixed(2)}) with an ${algorithm} token`

const goalText = ({ timesFloor, measured }: Goal): string =>
  `The goal is a pipeline of at most ${timesFloor} times the floor, self-verification included. enroll() is at
${costText('RS256', measured.RS256)}, ${costText('ES256', measured.ES256)}.`

const allocationsText = (allocations: Results['allocations']): string => {
  const octets = allocations.map((one) => one.octets).join(', ')
  const counts = allocations.map(({ policies }) => policies).join(', ')
  return `A decision allocates ${octets} octets beside ${counts} policies of which three apply.`
}

const explanation = `Microseconds a call, one call after the other. All rows are measured in the same rounds, one short batch each, so that what
else the machine does hits all of them alike. median and fastest are over the rounds, spread is half the distance of the
quartiles, CPU is processor time of all threads, x floor is the median of each round's own ratio. Tables are in memory and
keys are local: no input or output is measured.`

/** The results as text of at most 128 columns. */
export const report = (results: Results): string => {
  const header = align([['', 'median', 'fastest', 'spread', 'CPU', 'x floor']], nameWidth)
  return [
    `Mayfly bench: Node.js ${results.node}, ${results.processor}, ${results.date}, ${results.rounds} rounds`,
    '',
    explanation,
    '',
    ...header,
    ...results.sections.flatMap(sectionLines).slice(1),
    '',
    ...align([['own code and libraries', 'own', 'library', 'ratio']], nameWidth),
    ...align(results.comparisons.map(comparisonCells), nameWidth),
    '',
    allocationsText(results.allocations),
    goalText(results.goal),
  ].join('\n')
}
