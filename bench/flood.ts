import { parseArgs } from 'node:util'
import { floodReport } from './floodReport.ts'
import type { FloodThoroughness } from './measureFloods.ts'

const usage = `Measures what a tenant that behaves well notices of floods: bad tokens, large bodies, replays, a slow vault.

  npm run bench:flood                 about four minutes
  npm run bench:flood -- --quick      a few seconds: shows that everything runs, not how fast
  npm run bench:flood -- --json       the results as JSON`

const thorough: FloodThoroughness = { rounds: 3, requests: 60, stock: 5_000 }
const quick: FloodThoroughness = { rounds: 1, requests: 8, stock: 500 }

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

if (values.help) {
  console.log(usage)
} else {
  const { measureFlooding } = await import('./floodResults.ts')
  const results = await measureFlooding(values.quick ? quick : thorough)
  console.log(values.json ? JSON.stringify(results, null, 2) : floodReport(results))
}
