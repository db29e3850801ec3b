import { cpus } from 'node:os'
import { parseArgs } from 'node:util'

/** Options that take a value, beside those that every bench has. */
type TextOptions<Name extends string> = Readonly<Record<Name, { readonly type: 'string' }>>

interface Bench<Thoroughness, Results, Name extends string> {
  readonly usage: string
  readonly options?: TextOptions<Name>
  readonly thorough: Thoroughness
  readonly quick: Thoroughness
  readonly measure: (
    thoroughness: Thoroughness,
    values: Readonly<Partial<Record<Name, string>>>,
  ) => Promise<Results>
  readonly report: (results: Results) => string
}

/** Runs a bench as its options say, and prints what it measured. */
export const runBench = async <Thoroughness, Results, Name extends string = never>(
  bench: Bench<Thoroughness, Results, Name>,
): Promise<void> => {
  const flag = { type: 'boolean', default: false } as const
  const { values } = parseArgs({ options: { ...bench.options, quick: flag, json: flag, help: flag } })
  // Those beside the flags are texts: parseArgs() cannot tell of options that it is given by a type alone.
  const texts = values as Readonly<Partial<Record<Name, string>>>
  if (values.help) {
    console.log(bench.usage)
    return
  }
  const results = await bench.measure(values.quick ? bench.quick : bench.thorough, texts)
  console.log(values.json ? JSON.stringify(results, null, 2) : bench.report(results))
}

/** Says on what is measured, and when: UTC, ISO 8601. */
export const environment = () => ({
  node: process.version,
  processor: cpus()[0]?.model ?? 'unknown',
  processors: cpus().length,
  date: new Date().toISOString(),
})
