import { readFile, writeFile } from 'node:fs/promises'
import { type Cost, executing, idle, optional, perMillion, sum, tracing } from './costs/money.ts'
import { checkedOn, type Price, prices } from './costs/prices.ts'
import { type Scale, scaleOf } from './costs/scale.ts'
import { assumed } from './costs/usage.ts'

// Prints the tables of docs/deploy.md that are computed; with --write, puts them there.
const document = new URL('../docs/deploy.md', import.meta.url)

const table = (heading: readonly string[], rows: readonly (readonly string[])[]): string =>
  [heading, heading.map((_, index) => (index === 0 ? '---' : '---:')), ...rows]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n')

const number = (value: number): string =>
  value.toLocaleString('en-US', { maximumSignificantDigits: value < 1 ? 2 : 3 })

const dollars = (usd: number): string =>
  usd < 1000 ? usd.toFixed(2) : usd.toLocaleString('en-US', { maximumSignificantDigits: 3 })

const costRow = ({ what, arithmetic, usd }: Cost) => [what, arithmetic, dollars(usd)]

const totalled = (what: string, costs: readonly Cost[]) => [
  ...costs.map(costRow),
  [`**${what}**`, '', `**${dollars(sum(costs))}**`],
]

const priceTable = (): string => {
  const rows = Object.values<Price>(prices).map(({ what, usd, per, page, seen }) => [
    what,
    `${usd} / ${per}`,
    page,
    seen,
  ])
  const heading = `| price | USD | page | seen ${checkedOn} in |\n|---|---|---|---|`
  return [heading, ...rows.map((cells) => `| ${cells.join(' | ')} |`)].join('\n')
}

const idleTable = (): string =>
  table(
    ['a month', 'arithmetic', 'USD'],
    [...totalled('idle', idle()), ...optional().map((cost) => costRow(cost))],
  )

const millionTable = (): string =>
  table(
    ['a million certificates', 'arithmetic', 'USD'],
    [
      ...totalled('whatever the load', perMillion()),
      costRow(executing('time, where every request comes alone', assumed.billedSeconds)),
      costRow(executing('time, where instances are always busy', 1 / assumed.perInstance)),
      costRow(tracing('traces, all of them (the default)', 1)),
      costRow(tracing('traces, a tenth', 0.1)),
    ],
  )

const scaleRow = (scale: Scale): readonly string[] => [
  scale.devices.toLocaleString('en-US'),
  number(scale.certificates),
  number(scale.average),
  number(scale.peak),
  String(scale.vaults),
  String(scale.subscriptions),
  `${number(100 * scale.partition)} %`,
  String(scale.instances),
  dollars(scale.usd.all),
  dollars(scale.usd.tenth),
]

const scaleTable = (): string =>
  table(
    [
      'devices',
      'million certificates a month',
      'signatures/s',
      'in the morning',
      'issuers, each in its vault',
      'subscriptions x regions',
      'load of a partition',
      'instances',
      'USD a month, all traces',
      'a tenth',
    ],
    [1_000, 10_000, 100_000, 1_000_000].map((devices) => scaleRow(scaleOf(devices))),
  )

/** The computed parts of docs/deploy.md, by the name of their marks. */
export const computed: Readonly<Record<string, () => string>> = {
  costs: () => [idleTable(), millionTable(), priceTable()].join('\n\n'),
  scale: scaleTable,
}

const withPart = (text: string, [name, make]: readonly [string, () => string]): string => {
  const start = `<!-- ${name}: made by "npm run docs" -->`
  const end = `<!-- ${name}: end -->`
  const [before, rest] = text.split(start)
  const after = rest?.split(end)[1]
  if (before === undefined || after === undefined)
    throw new Error(`docs/deploy.md lacks the marks of ${name}.`)
  return `${before}${start}\n\n${make()}\n\n${end}${after}`
}

/** The document with its tables computed anew. */
export const withCosts = (text: string): string =>
  Object.entries(computed).reduce((changed, part) => withPart(changed, part), text)

if (process.argv.includes('--write')) await writeFile(document, withCosts(await readFile(document, 'utf8')))
else if (process.argv[1]?.endsWith('costs.ts'))
  console.log(
    Object.values(computed)
      .map((make) => make())
      .join('\n\n'),
  )
