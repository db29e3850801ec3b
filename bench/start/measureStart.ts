import { build } from 'esbuild'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type LoadRequest, sendRequests } from '../../test/e2e/sendRequests.ts'
import { leaveServerCore } from '../http/cores.ts'
import { openMayflyWorld } from '../http/mayflyWorld.ts'
import { buildAside, thisCheckout } from '../http/startMayfly.ts'
import { type ServerProgram, startServerProcess } from '../http/startServerProcess.ts'
import { environment } from '../runBench.ts'
import { median } from '../summary.ts'
import { serveTablesStub } from '../tables/tablesStub.ts'

/** One start of a process; milliseconds. */
interface Start {
  /** From the start of the process until the host begins to load the app: Node.js and the local host. */
  readonly host: number
  readonly load: number
  /** From the start of the process until the first certificate was there. */
  readonly first: number
}

/**
 * Makes one file of JavaScript of the local host, as hosts are that serve in earnest: else a start would mostly measure how long
 * Node.js takes to read TypeScript.
 */
const bundleHost = async (folder: string): Promise<string> => {
  const outfile = join(folder, 'serverProcess.mjs')
  await build({
    entryPoints: [join(thisCheckout, 'bench/http/serverProcess.ts')],
    bundle: true,
    platform: 'node',
    format: 'esm',
    // Measures functions without a host, which no start does.
    external: ['./handleAlone.ts'],
    outfile,
    logLevel: 'error',
  })
  return outfile
}

const startOnce = async (program: ServerProgram, request: LoadRequest): Promise<Start> => {
  const startedAt = performance.now()
  await using server = await startServerProcess(program)
  const { answers } = await sendRequests({ url: server.url, requests: [request], connections: 1 })
  const first = performance.now() - startedAt
  if (answers['201'] !== 1) throw new Error(`Cannot measure: the answer was ${JSON.stringify(answers)}.`)
  const [host, loaded] = [await server.ask({ kind: 'loadBegan' }), await server.ask({ kind: 'loaded' })]
  return { host, load: loaded - host, first }
}

const spreadOf = (numbers: readonly number[]) => ({
  median: median(numbers),
  least: Math.min(...numbers),
  most: Math.max(...numbers),
})

const spreadsOf = (starts: readonly Start[]) => ({
  host: spreadOf(starts.map(({ host }) => host)),
  load: spreadOf(starts.map(({ load }) => load)),
  first: spreadOf(starts.map(({ first }) => first)),
})

/** Starts the built bundle again and again on tables that answer at once, by turns without and with a compile cache that is warm. */
export const measureStart = async ({ runs }: { readonly runs: number }) => {
  leaveServerCore()
  await using stack = new AsyncDisposableStack()
  const stub = stack.use(await serveTablesStub())
  const world = stack.use(await openMayflyWorld(stub.connectionString))
  const built = stack.use(await buildAside(thisCheckout))
  const cache = await mkdtemp(join(tmpdir(), 'mayfly-compiled-'))
  stack.defer(() => rm(cache, { recursive: true, force: true }))
  const program = { program: await bundleHost(cache), args: [built.entry], root: built.root }
  const uncached = { ...program, settings: world.settings }
  const cached = { ...program, settings: { ...world.settings, NODE_COMPILE_CACHE: cache } }
  const [cold, warm]: [Start[], Start[]] = [[], []]
  const [unmeasured, ...requests] = await world.makeRequests(2 * runs + 1)
  if (unmeasured) await startOnce(cached, unmeasured)
  for (const [index, request] of requests.entries()) {
    if (index % 2 === 0) cold.push(await startOnce(uncached, request))
    else warm.push(await startOnce(cached, request))
  }
  return { ...environment(), runs, cold: spreadsOf(cold), warm: spreadsOf(warm) }
}

/** What was measured. */
export type StartResults = Awaited<ReturnType<typeof measureStart>>
