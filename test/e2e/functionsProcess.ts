import { flushCompileCache } from 'node:module'
import { hostLimits } from '../../lib/admission/hostLimits.ts'
import { installFunctionsCore, type Log } from '../../local/functionsCore.ts'
import { startFunctionsHost } from '../../local/functionsHost.ts'
import { loadFunctions } from '../../local/loadFunctions.ts'

// The functions host and nothing else: no tables, no token issuer, no keys. A test that kills it kills only that.
// `node functionsProcess.ts <port> [entry]`; the settings of the app are in the environment, every line it logs on stderr.
const sources = new URL('../../functions/main.ts', import.meta.url).href
const [port = '', entry = sources] = process.argv.slice(2)
const log: Log = ({ message }) => void process.stderr.write(`${message}\n`)

export const { registry } = installFunctionsCore({ log })

/** When the app began to load and when it was loaded, in milliseconds since the process began. */
export const loading = { beganAt: performance.now(), endedAt: 0 }
await loadFunctions(registry, entry)
loading.endedAt = performance.now()
const host = await startFunctionsHost({
  registry,
  host: '127.0.0.1',
  port: Number(port),
  bodyLimitBytes: hostLimits.bodyOctets,
  log,
})
process.stdout.write(`Serving ${host.url}\n`)
// Where NODE_COMPILE_CACHE names a folder, the next process loads in half the time, also after a kill.
flushCompileCache()

// A parent that was killed cannot stop it.
const parent = process.ppid
setInterval(() => process.ppid === parent || process.exit(1), 1_000).unref()
