import { report } from './report.ts'
import { runBench } from './runBench.ts'

await runBench({
  usage: `Measures what issuing a certificate costs, stage by stage, against the arithmetic alone.

  npm run bench                 about a minute
  npm run bench -- --quick      a few seconds: shows that everything runs, not how fast
  npm run bench -- --json       the results as JSON`,
  thorough: { seconds: 45, warmUpCalls: 200 },
  quick: { seconds: 0.2, warmUpCalls: 5 },
  // Loaded only now: with the libraries it compares it is more than all else.
  measure: async (thoroughness) => (await import('./results.ts')).measureAll(thoroughness),
  report,
})
