import { httpReport } from './http/httpReport.ts'
import { runBench } from './runBench.ts'

await runBench({
  usage: `Measures certificates over HTTP: the built bundle on one core, load and store on the other.

  npm run bench:http                            some minutes
  npm run bench:http -- --quick                 under a minute
  npm run bench:http -- --quick --beside DIR    the same, beside the sources of another checkout, round by round
  npm run bench:http -- --json                  the results as JSON`,
  options: { beside: { type: 'string' } },
  thorough: {
    rounds: 9,
    seconds: 2,
    warmUpRequests: 4_000,
    connections: 16,
    memory: { total: 100_000, steps: 10 },
  },
  quick: {
    rounds: 3,
    seconds: 0.5,
    warmUpRequests: 900,
    connections: 16,
    memory: { total: 1_000, steps: 2 },
  },
  measure: async (thoroughness, { beside }) =>
    (await import('./http/measureHttp.ts')).measureHttp(thoroughness, beside),
  report: httpReport,
})
