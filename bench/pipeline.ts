import { parseArgs } from 'node:util'
import { report } from './report.ts'
import type { Thoroughness } from './measure.ts'

const usage = `Measures what issuing a certificate costs, stage by stage, against the arithmetic alone.

  npm run bench                 about a minute
  npm run bench -- --quick      a few seconds: shows that everything runs, not how fast
  npm run bench -- --json       the results as JSON`

const thorough: Thoroughness = { seconds: 45, warmUpCalls: 200 }
const quick: Thoroughness = { seconds: 0.2, warmUpCalls: 5 }

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
  // Loaded only now: with the libraries it compares it is more than all else.
  const { measureAll } = await import('./results.ts')
  const results = await measureAll(values.quick ? quick : thorough)
  console.log(values.json ? JSON.stringify(results, null, 2) : report(results))
}
