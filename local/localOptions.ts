import { parseArgs } from 'node:util'

/** The options of `npm start -- ...`. */
export interface LocalOptions {
  /** Where the service listens. */
  readonly host: string
  /** The service's port; token issuer, Azurite and the stand-in for Key Vault take the next. 0 takes free ones. */
  readonly port: number
  readonly tls: boolean
  /** Where keys are made that do not exist yet: in files, or in the stand-in for Key Vault. */
  readonly keys: 'local' | 'keyvault'
  /** Folder of everything the local host keeps. */
  readonly folder: string
}

const loopback = new Set(['127.0.0.1', '::1', 'localhost'])

export const usage = `npm start -- [options]

  --port PORT   listen there (7071); the token issuer and Azurite take the
                next two; 0 takes free ones
  --host HOST   listen on this address (127.0.0.1); any but loopback needs --tls
  --tls         https, with a certificate authority made for this machine
  --keys KIND   make new keys in files (local), or in a stand-in for Key Vault
                on one more port (keyvault); those that exist stay
  --data DIR    keep keys, tables and certificates there (.mayfly)
  --help        this text`

/** Leaves room for the three ports after it. */
const maxPort = 65_532

const parsePort = (text: string): number => {
  if (/^\d{1,5}$/.test(text) && Number(text) <= maxPort) return Number(text)
  throw new Error(`Cannot listen: --port is ${text}, not a number from 0 to ${maxPort}.`)
}

const parseKeys = (text: string): LocalOptions['keys'] => {
  if (text === 'local' || text === 'keyvault') return text
  throw new Error(`Cannot start: --keys is ${text}, neither local nor keyvault.`)
}

/**
 * Parses the command line of the local host; undefined when it asks for help.
 * @throws {Error} what is wrong with it.
 */
export const parseLocalOptions = (args: readonly string[]): LocalOptions | undefined => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      host: { type: 'string', default: '127.0.0.1' },
      port: { type: 'string', default: '7071' },
      tls: { type: 'boolean', default: false },
      keys: { type: 'string', default: 'local' },
      data: { type: 'string', default: '.mayfly' },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return undefined
  const { host, tls } = values
  if (!loopback.has(host) && !tls) {
    throw new Error(`Cannot listen on ${host}: tokens would cross the network in the clear. Add --tls.`)
  }
  return { host, port: parsePort(values.port), tls, keys: parseKeys(values.keys), folder: values.data }
}
