import { findBicep, runBicep } from './runBicep.ts'

// Compiles what is deployed, with its parameters, as `az` and `azd` do. A warning is a fault.
const bicep = findBicep()
if (bicep === undefined) {
  process.stderr.write('Cannot check infra/: there is no Bicep compiler. Get it by: az bicep install\n')
  process.exit(1)
}
const { diagnostics } = runBicep(bicep, ['build-params', 'infra/main.bicepparam', '--stdout'])
for (const line of diagnostics) process.stderr.write(`${line}\n`)
process.exitCode = diagnostics.length === 0 ? 0 : 1
if (diagnostics.length === 0) process.stdout.write('infra/ compiles, without a warning.\n')
