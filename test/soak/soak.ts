import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { entryFromRow } from '../../lib/ledger/record/entry.ts'
import { tenantPartitions } from '../../lib/ledger/record/ledgerKey.ts'
import type { Tables } from '../../lib/store/tables.ts'
import { type ServedTenant, serveTenant } from '../e2e/servedTenant.ts'
import { openssl } from '../openssl.ts'
import { type AuditedRow, type Books, findViolations, type Purchase, recovered } from './audit.ts'
import type { Line, Traffic } from './device.ts'
import { type MortalHost, startMortalHost } from './mortalHost.ts'
import { playOnce } from './plays.ts'
import { type Chance, seeded } from './seeded.ts'

/** How the host is killed, and how much it has to do meanwhile. */
export interface SoakOptions {
  readonly kills: number
  /** Of the moments of the kills, and of what each client does. */
  readonly seed: number
  /** How many clients work at the same time. */
  readonly clients: number
  /** Of tables that nobody else uses. */
  readonly connectionString: string
  /** Takes what happens, a line now and then. */
  readonly progress?: (line: string) => void
}

/** What came of it. */
export interface SoakResult {
  readonly kills: number
  /** Kills that cut off at least one request. */
  readonly killsThatCut: number
  readonly traffic: Traffic
  readonly books: Books
  /** Rows that a request recorded which was cut off, and that a retry fetched. */
  readonly recovered: number
  /** Signatures that the vault made and no row holds. */
  readonly unrecorded: number
  /** Lines by which hosts told of signatures that they wasted. */
  readonly toldWasted: number
  /** A line each; nothing when all is well. */
  readonly violations: readonly string[]
}

const tenant = 'soak'
const longestWaitMilliseconds = 400
/** Longer than any of them: on a busy machine a client may need many hosts until one lives to answer it. */
const maxTokenAgeSeconds = 86_400

const work = async (line: Line, { issuer }: ServedTenant, isOver: () => boolean): Promise<Purchase[]> => {
  const purchases: Purchase[] = []
  while (!isOver()) purchases.push(await playOnce(line, issuer))
  return purchases
}

const answered = ({ answers }: Traffic): number =>
  [...answers.values()].reduce((sum, count) => sum + count, 0)

const patienceMilliseconds = 5_000

/** Waits until the next answer came. */
const nextAnswer = async (traffic: Traffic): Promise<void> => {
  const [before, until] = [answered(traffic), performance.now() + patienceMilliseconds]
  while (answered(traffic) === before && performance.now() < until) await sleep(1)
}

/** Waits, after the host serves, for a moment at random: while it begins, while it answers, or just when it did. */
const moment = async (traffic: Traffic, chance: Chance): Promise<void> => {
  const kind = chance()
  if (kind > 1 / 3) await nextAnswer(traffic)
  await sleep(chance() * longestWaitMilliseconds)
  if (kind > 2 / 3) await nextAnswer(traffic)
}

/** Kills the host again and again. @returns how many kills cut off a request. */
const killAgain = async (
  { host, traffic }: Line,
  { kills, progress }: SoakOptions,
  chance: Chance,
): Promise<number> => {
  let cutting = 0
  for (let kill = 1; kill <= kills; kill++) {
    await host.serving()
    await moment(traffic, chance)
    const { cut } = traffic
    await host.kill()
    await host.serving()
    if (traffic.cut > cut) cutting += 1
    if (kill % 10 === 0) progress?.(`${kill} kills, ${traffic.requests} requests, ${traffic.cut} cut off`)
  }
  return cutting
}

/** Lets clients enroll while the host is killed, and then until each has its answer. */
const load = async (world: ServedTenant, host: MortalHost, options: SoakOptions) => {
  const { seed, clients } = options
  const traffic: Traffic = { requests: 0, unconnected: 0, cut: 0, answers: new Map() }
  let isOver = false
  const line = (index: number): Line => ({ host, tenant, traffic, chance: seeded(seed + index) })
  const working = Promise.all(
    Array.from({ length: clients }, (_, index) => work(line(index + 1), world, () => isOver)),
  )
  const killsThatCut = await killAgain(line(0), options, seeded(seed)).finally(() => (isOver = true))
  return { traffic, killsThatCut, purchases: (await working).flat() }
}

const readRows = async (tables: Tables): Promise<readonly AuditedRow[]> => {
  const rows: AuditedRow[] = []
  const partitions = tenantPartitions(tenant)
  for (const table of await tables.names('ledger'))
    for await (const row of tables.scan(table, { partitions })) rows.push(entryFromRow(row))
  return rows
}

interface Bundle {
  readonly roots: readonly { readonly certificate: string }[]
  readonly issuers: readonly { readonly certificate: string }[]
}

/** Has openssl verify every certificate under the bundle that the host publishes. @throws {Error} with what it says. */
const verifyAll = async (certificates: readonly Uint8Array[], { url }: MortalHost): Promise<void> => {
  const bundle = (await (await fetch(`${url}/v1/${tenant}/trust.json`)).json()) as Bundle
  const folder = await mkdtemp(join(tmpdir(), 'mayfly-soak-'))
  try {
    const save = async (name: string, content: string | Uint8Array): Promise<string> => {
      await writeFile(join(folder, name), content)
      return join(folder, name)
    }
    const pem = (of: Bundle['roots']) => of.map(({ certificate }) => certificate).join('')
    const trust = ['-CAfile', await save('roots', pem(bundle.roots))]
    const untrusted = ['-untrusted', await save('issuers', pem(bundle.issuers))]
    const leaves = await Promise.all(certificates.map((leaf, index) => save(`${index}.cer`, leaf)))
    for (let from = 0; from < leaves.length; from += 500) {
      const some = leaves.slice(from, from + 500)
      openssl(['verify', '-x509_strict', '-purpose', 'sslclient', ...trust, ...untrusted, ...some])
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

const verified = (rows: readonly AuditedRow[], host: MortalHost): Promise<readonly string[]> =>
  verifyAll(
    rows.map(({ certificate }) => certificate),
    host,
  ).then(
    () => [],
    (error: unknown) => [String(error)],
  )

const signatures = ({ log }: ServedTenant['vault'], from: number): ReadonlySet<string> =>
  new Set(log.slice(from).flatMap(({ operation, requestId }) => (operation === 'sign' && requestId) || []))

/** Kills the functions host under load, and holds what clients hold up to the ledger and to the vault's log. */
export const soak = async (options: SoakOptions): Promise<SoakResult> => {
  const { connectionString } = options
  await using world = await serveTenant({ tenant, connectionString, trust: { maxTokenAgeSeconds } })
  const from = world.vault.log.length
  await using host = await startMortalHost(world.settings)
  await host.serving()
  const { traffic, killsThatCut, purchases } = await load(world, host, options)
  const rows = await readRows(world.tables)
  const books: Books = { purchases, rows, signed: signatures(world.vault, from) }
  const recorded = new Set(rows.map(({ requestId }) => requestId))
  return {
    kills: options.kills,
    killsThatCut,
    traffic,
    books,
    recovered: recovered(purchases).length,
    unrecorded: [...books.signed].filter((requestId) => !recorded.has(requestId)).length,
    toldWasted: host.output().match(/"signature-wasted"/g)?.length ?? 0,
    violations: [...findViolations(books), ...(await verified(rows, host))],
  }
}
