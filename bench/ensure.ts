import { ensureReport } from './ensure/ensureReport.ts'
import { runBench } from './runBench.ts'

await runBench({
  usage: `Measures what mayfly agent ensure takes where nothing is to be done, beside node -e 0; with the executable where npm run build:cli made it.

  npm run bench:ensure                 half a minute
  npm run bench:ensure -- --quick      a few seconds: shows that everything runs, not how fast
  npm run bench:ensure -- --json       the results as JSON`,
  thorough: { rounds: 60 },
  quick: { rounds: 2 },
  measure: async (thoroughness) => (await import('./ensure/measureEnsure.ts')).measureEnsure(thoroughness),
  report: ensureReport,
})
