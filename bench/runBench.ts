import { cpus } from 'node:os'
import { parseArgs } from 'node:util'

interface Bench<Thoroughness, Results> {
  readonly usage: string
  readonly thorough: Thoroughness
  readonly quick: Thoroughness
  readonly measure: (thoroughness: Thoroughness) => Promise<Results>
  readonly report: (results: Results) => string
}

/** Runs a bench as its options say, and prints what it measured. */
export const runBench = async <Thoroughness, Results>(bench: Bench<Thoroughness, Results>): Promise<void> => {
  const flag = { type: 'boolean', default: false } as const
  const { values } = parseArgs({ options: { quick: flag, json: flag, help: flag } })
  if (values.help) {
    console.log(bench.usage)
    return
  }
  const results = await bench.measure(values.quick ? bench.quick : bench.thorough)
  console.log(values.json ? JSON.stringify(results, null, 2) : bench.report(results))
}

/** Says on what is measured, and when: UTC, ISO 8601. */
export const environment = () => ({
  node: process.version,
  processor: cpus()[0]?.model ?? 'unknown',
  processors: cpus().length,
  date: new Date().toISOString(),
})
