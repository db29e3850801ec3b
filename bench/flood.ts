import { floodReport } from './floodReport.ts'
import { runBench } from './runBench.ts'

await runBench({
  usage: `Measures what a tenant that behaves well notices of floods: bad tokens, large bodies, replays, a slow vault.

  npm run bench:flood                 about four minutes
  npm run bench:flood -- --quick      a few seconds: shows that everything runs, not how fast
  npm run bench:flood -- --json       the results as JSON`,
  thorough: { rounds: 3, requests: 60, stock: 5_000 },
  quick: { rounds: 1, requests: 8, stock: 500 },
  measure: async (thoroughness) => (await import('./measureFloods.ts')).measureFloods(thoroughness),
  report: floodReport,
})
