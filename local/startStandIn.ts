import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Deployment } from '../lib/deployment/deployment.ts'
import { type RunningVault, serveVault, standInVault } from './serveVault.ts'
import { freePort, isFree } from './freePort.ts'
import { readOrMake } from './writePrivateFile.ts'
import { localServerIdentity } from './serverIdentity.ts'

/** Where the stand-in for Key Vault keeps its keys, and whether it is wanted. */
export interface StandInOptions {
  /** Folder of everything the local host keeps. */
  readonly folder: string
  readonly keys: 'local' | 'keyvault'
  /** The port it takes when it starts for the first time; 0 takes a free one. */
  readonly port: number
}

/** A running stand-in, as function app and CLI are told of it. */
export interface StandIn {
  readonly url: string
  /** Settings of the function app. */
  readonly settings: Readonly<Record<string, string>>
  /** Where the CLI makes keys. */
  readonly vault: NonNullable<Deployment['keys']['vault']>
  stop(): Promise<void>
}

/** Every reference to a key holds the port: it stays what it was at first. */
const keptPort = async ({ folder, port }: StandInOptions): Promise<number> => {
  const text = await readOrMake(join(folder, 'port'), async () =>
    String(port === 0 ? await freePort() : port),
  )
  const kept = Number(text)
  if (await isFree(kept)) return kept
  throw new Error(
    `Cannot start: port ${kept}, which the keys of ${folder} name, is taken by another process.`,
  )
}

const settingsOf = ({ url, caFile }: RunningVault, token: string) => ({
  MAYFLY_KEY_VAULT_HOST: new URL(url).host,
  MAYFLY_KEY_VAULT_CA_FILE: caFile,
  MAYFLY_KEY_VAULT_TOKEN: token,
})

/**
 * Starts the stand-in for Key Vault where it is wanted, or has keys already that issuers name.
 * @throws {Error} when its port is taken.
 */
export const startStandIn = async (options: StandInOptions): Promise<StandIn | undefined> => {
  const folder = join(options.folder, 'vault')
  if (options.keys === 'local' && !existsSync(folder)) return undefined
  const port = await keptPort({ ...options, folder })
  const token = await readOrMake(join(folder, 'token'), () => randomBytes(24).toString('base64url'))
  const tls = await localServerIdentity(join(options.folder, 'tls'), '127.0.0.1')
  const running = await serveVault(standInVault({ folder: join(folder, 'keys'), token }), { port, tls })
  const { url, caFile } = running
  return {
    url,
    settings: settingsOf(running, token),
    vault: { rootUrl: url, issuerUrl: url, standIn: { caFile, token } },
    stop: () => running.close(),
  }
}
