import { type ChildProcess, fork } from 'node:child_process'
import { createRequire } from 'node:module'

/** A running Azurite table service. */
export interface Azurite {
  readonly port: number
  /** Resolves when the process ended by itself: an outage nobody asked for. */
  readonly ended: Promise<void>
  /** Lets Azurite write its data to disk, then ends it. */
  stop(): Promise<void>
}

/** Where Azurite listens, always on 127.0.0.1, and where its data is. */
export interface AzuriteOptions {
  readonly port: number
  /** Folder of the data; in memory when absent. */
  readonly folder?: string
  /** PEM files for https, which then takes bearer tokens as well: any that has not ended and is meant for Azure Storage. */
  readonly tls?: { readonly keyFile: string; readonly certificateFile: string }
  /** The accounts there are; in their place Azurite would have one whose key is published. */
  readonly accounts: readonly AzuriteAccount[]
}

/** An account of Azurite's. Whoever knows the key and reaches the port can read and write every row. */
export interface AzuriteAccount {
  readonly name: string
  /** Base64. */
  readonly key: string
}

/** The connection string of an account of the Azurite that listens on a port of this machine. */
export const azuriteConnectionString = (port: number, account: AzuriteAccount): string =>
  [
    'DefaultEndpointsProtocol=http',
    `AccountName=${account.name}`,
    `AccountKey=${account.key}`,
    `TableEndpoint=http://127.0.0.1:${port}/${account.name}`,
  ].join(';')

const startMilliseconds = 30_000
const stopMilliseconds = 15_000

const waitUntilListening = (child: ChildProcess): Promise<void> =>
  new Promise((resolve, reject) => {
    let output = ''
    const timer = setTimeout(() => reject(new Error('Azurite did not start within 30 s.')), startMilliseconds)
    const settle = (outcome: () => void) => {
      clearTimeout(timer)
      outcome()
    }
    child.stdout?.on('data', (chunk: Buffer) => {
      output += chunk.toString()
      if (output.includes('successfully started')) settle(resolve)
    })
    child.stderr?.on('data', (chunk: Buffer) => (output += chunk.toString()))
    child.once('error', (error) => settle(() => reject(error)))
    child.once('exit', (code) =>
      settle(() => reject(new Error(`Azurite ended with code ${code}: ${output.trim()}`))),
    )
  })

const commandLine = ({ port, folder, tls }: AzuriteOptions): readonly string[] => [
  '--tableHost',
  '127.0.0.1',
  '--tablePort',
  String(port),
  '--disableTelemetry',
  '--silent',
  ...(folder === undefined ? ['--inMemoryPersistence'] : ['--location', folder]),
  ...(tls ? ['--oauth', 'basic', '--key', tls.keyFile, '--cert', tls.certificateFile] : []),
]

/** Azurite heeds a message, but not that whoever would send it was killed: it would hold its port for ever. */
const stopWithParent = `process.once('disconnect', () => process.emit('message', 'shutdown') || process.exit())`

/**
 * Starts Azurite's table service as a child process and waits until it listens.
 *
 * It gets a process group of its own: Ctrl-C in a terminal reaches the whole group, and Azurite must outlive the
 * host that still writes to it. It stops when its IPC channel closes, by stop() or because the host was killed, and not
 * by a signal, because it keeps rows in memory for seconds.
 * @throws {Error} when it does not start, for example because the port is taken.
 */
export const startAzurite = async (options: AzuriteOptions): Promise<Azurite> => {
  const entry = createRequire(import.meta.url).resolve('azurite/dist/src/table/main.js')
  const child = fork(entry, commandLine(options), {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    detached: true,
    execArgv: ['--import', `data:text/javascript,${encodeURIComponent(stopWithParent)}`],
    windowsHide: true,
    env: {
      ...process.env,
      AZURITE_ACCOUNTS: options.accounts.map(({ name, key }) => `${name}:${key}`).join(';'),
    },
  })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  await waitUntilListening(child).catch((error: unknown) => {
    child.kill('SIGKILL')
    throw error
  })
  child.stdout?.resume()
  return {
    port: options.port,
    ended,
    async stop() {
      if (child.connected) child.disconnect()
      const timer = setTimeout(() => child.kill('SIGKILL'), stopMilliseconds)
      await ended
      clearTimeout(timer)
    },
  }
}
