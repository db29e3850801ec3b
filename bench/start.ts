import { runBench } from './runBench.ts'
import { startReport } from './start/startReport.ts'

await runBench({
  usage: `Measures how long the bundle takes to load, and a process to issue its first certificate.

  npm run bench:start                 half a minute
  npm run bench:start -- --quick      a few seconds: shows that everything runs, not how fast
  npm run bench:start -- --json       the results as JSON`,
  thorough: { runs: 20 },
  quick: { runs: 2 },
  measure: async (thoroughness) => (await import('./start/measureStart.ts')).measureStart(thoroughness),
  report: startReport,
})
