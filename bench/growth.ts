import { growthReport } from './growth/growthReport.ts'
import { runBench } from './runBench.ts'

await runBench({
  usage: `Measures what an enrollment costs as ledger, tenants, generations and deny lists grow.

  npm run bench:growth                 some minutes
  npm run bench:growth -- --quick      under a minute, with less of everything
  npm run bench:growth -- --json       the results as JSON`,
  thorough: {
    sizes: {
      ledgerRows: [100_000, 1_000_000],
      tenantsInUse: 1_000,
      tenants: 100_000,
      generations: [10, 40],
      denials: 1_000,
    },
    rounds: 5,
    requests: 600,
    connections: 16,
  },
  quick: {
    sizes: { ledgerRows: [1_000], tenantsInUse: 20, tenants: 2_000, generations: [40], denials: 1_000 },
    rounds: 2,
    requests: 200,
    connections: 16,
  },
  measure: async (thoroughness) => (await import('./growth/measureGrowth.ts')).measureGrowth(thoroughness),
  report: growthReport,
})
