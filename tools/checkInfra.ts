import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { globSync, readFileSync, writeFileSync } from 'node:fs'

// Holds infra/ and its snapshots up to Microsoft's compiler; with --write, makes the snapshots anew. A warning is a fault.

/** Where snapshots say that a deployment goes; they are made without Azure. */
const where = [
  ['--subscription-id', '11111111-1111-4111-8111-111111111111'],
  ['--tenant-id', '33333333-3333-4333-8333-333333333333'],
  ['--resource-group', 'mayfly'],
  ['--location', 'westeurope'],
].flat()

const isWriting = process.argv.includes('--write')
const filesOf = (...patterns: readonly string[]) =>
  globSync(patterns)
    .map((file) => file.replaceAll('\\', '/'))
    .sort()
let faults = 0

const fail = (text: string): void => {
  faults += 1
  process.stderr.write(`${text.trim()}\n`)
}

const bicep = (...args: readonly string[]): string => {
  const { status, stdout, stderr } = spawnSync('bicep', args, { encoding: 'utf8', maxBuffer: 2 ** 26 })
  const isWrong = status !== 0 || stderr.trim() !== ''
  if (isWrong) fail(`bicep ${args.slice(0, 2).join(' ')}: ${stderr}${status === 0 ? '' : stdout}`)
  return stdout
}

/** The compiler writes outputs in another order each time: they are sorted, or each snapshot would be another. */
const sortOutputs = (file: string): void => {
  const { outputs, ...rest } = JSON.parse(readFileSync(file, 'utf8')) as { outputs: object }
  const sorted = Object.fromEntries(Object.entries(outputs).sort(([a], [b]) => (a < b ? -1 : 1)))
  writeFileSync(file, `${JSON.stringify({ ...rest, outputs: sorted }, undefined, 2)}\n`)
}

/** Says of which sources the snapshots are, so that a test without the compiler knows when they are old: `sha256sum -c`. */
const writeSums = (): void => {
  const lines = filesOf('infra/**/*.bicep', 'infra/**/*.bicepparam', 'infra/**/*.json').map(
    (file) => `${createHash('sha256').update(readFileSync(file)).digest('hex')}  ${file}\n`,
  )
  writeFileSync('infra/snapshots/SHA256SUMS', lines.join(''))
}

if (spawnSync('bicep', ['--version']).error) {
  process.stdout.write('check:infra is skipped: there is no bicep on the path (az bicep install).\n')
  process.exit()
}
bicep('build-params', 'infra/main.bicepparam', '--stdout')
bicep('lint', 'infra/main.bicepparam')
for (const file of filesOf('infra/**/*.bicep', 'infra/**/*.bicepparam'))
  if (bicep('format', file, '--stdout') !== readFileSync(file, 'utf8'))
    fail(`${file}: not as bicep formats it.`)
for (const file of filesOf('infra/snapshots/*.bicepparam')) {
  bicep('snapshot', file, ...where, '--mode', isWriting ? 'overwrite' : 'validate')
  if (isWriting) sortOutputs(file.replace('.bicepparam', '.snapshot.json'))
}
if (isWriting) writeSums()
process.exitCode = faults === 0 ? 0 : 1
if (faults === 0)
  process.stdout.write('infra/ compiles and lints without a warning, and its snapshots are as predicted.\n')
