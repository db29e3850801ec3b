import { parseArgs } from 'node:util'
import { azuriteConnectionString, startAzurite } from '../../local/azurite.ts'
import { freePort } from '../../local/freePort.ts'
import { soak, type SoakResult } from './soak.ts'

// `npm run test:soak -- [--kills 100] [--seed n] [--clients 24]`

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '100' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    clients: { type: 'string', default: '24' },
  },
})

const account = { name: 'soak', key: Buffer.from('key of the soak').toString('base64') }

const table = ({ kills, killsThatCut, traffic, books, ...result }: SoakResult) => ({
  'kills of the functions host': kills,
  'kills that cut off a request': killsThatCut,
  requests: traffic.requests,
  'without a connection': traffic.unconnected,
  'cut off': traffic.cut,
  ...Object.fromEntries(
    [...traffic.answers]
      .toSorted(([one], [other]) => one - other)
      .map(([status, count]) => [`answered ${status}`, count]),
  ),
  tokens: books.purchases.length,
  'keys that asked': books.purchases.reduce((sum, { keys }) => sum + keys.size, 0),
  'certificates that clients hold': books.purchases.filter(({ receipts }) => receipts.length > 0).length,
  'rows of the ledger': books.rows.length,
  'rows of a request that was cut off, fetched by a retry': result.recovered,
  'signatures of the vault': books.signed.size,
  'signatures without a row': result.unrecorded,
  'of them told of in the log': result.toldWasted,
  violations: result.violations.length,
})

const say = (line: string): void => void process.stdout.write(`${line}\n`)
const note = (line: string): void => void process.stderr.write(`${line}\n`)

const print = (counts: Readonly<Record<string, number>>): void => {
  for (const [name, count] of Object.entries(counts)) say(`${String(count).padStart(8)}  ${name}`)
}

const run = async (): Promise<SoakResult> => {
  const azurite = await startAzurite({ port: await freePort(), accounts: [account] })
  try {
    return await soak({
      kills: Number(values.kills),
      seed: Number(values.seed),
      clients: Number(values.clients),
      connectionString: azuriteConnectionString(azurite.port, account),
      progress: note,
    })
  } finally {
    await azurite.stop()
  }
}

note(`seed ${values.seed}`)
const startedAt = performance.now()
const result = await run()
print({ ...table(result), seconds: Math.round((performance.now() - startedAt) / 1_000) })
for (const violation of result.violations.slice(0, 20)) note(`VIOLATED: ${violation}`)
process.exitCode = result.violations.length === 0 ? 0 : 1
