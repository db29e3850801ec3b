import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type KeyVaultLocation, keyVaultKeys } from '../lib/keys/keyVaultKeys.ts'
import { keyVaultSigners } from '../lib/keys/keyVaultSigners.ts'
import type { KeyProvider, SignerSource } from '../lib/keys/signer.ts'
import {
  type RunningVault,
  serveVault,
  standInVault,
  type Vault,
  type VaultRequest,
  type VaultResponse,
} from '../local/serveVault.ts'
import { localServerIdentity } from '../local/serverIdentity.ts'
import { openVaultKeys } from '../local/vaultKeys.ts'

/** One request as the vault's own log shows it. */
export interface LoggedRequest {
  /** `GET`, `create` or `sign`. */
  readonly operation: string
  readonly path: string
  /** What its client called it. */
  readonly requestId: string | undefined
  /** What the vault calls it: the correlation id of its audit log. */
  readonly id: string
  readonly isKnown: boolean
}

/**
 * What goes wrong with a request. It is given what the vault would do, and so may fail before that was done, or after:
 * "failed" and "failed, but it persisted". Nothing breaks the connection.
 */
export type Fault = (request: VaultRequest, answer: () => Promise<VaultResponse>) => ReturnType<Vault>

/** A stand-in for Key Vault, over https and for the real SDK, whose requests are logged and can be made to fail. */
export interface FaultyVault extends AsyncDisposable {
  readonly url: string
  readonly host: string
  readonly log: readonly LoggedRequest[]
  /** What goes wrong with requests that carry a token. */
  fault: Fault | undefined
  /** What goes wrong with every request, be it known or not. */
  outage: Fault | undefined
  /** How many tokens were asked for. */
  tokens: number
  /** Where a client is told that the vault is, with what the test changes. */
  location(changes?: Partial<KeyVaultLocation>): KeyVaultLocation
  keys(changes?: Partial<KeyVaultLocation>): KeyProvider
  /** Makes a new version of a key, as a rotation policy would. */
  rotate(name: string): Promise<void>
  signers(changes?: Partial<KeyVaultLocation>): SignerSource
}

export const vaultToken = 'canary-of-the-token'

const operationOf = ({ method, url }: VaultRequest): string =>
  method === 'GET' ? 'GET' : (url.pathname.split('/').at(-1) ?? '')

/** Starts a vault in a folder of its own. */
export const faultyVault = async (): Promise<FaultyVault> => {
  const folder = await mkdtemp(join(tmpdir(), 'mayfly-vault-'))
  const standIn = standInVault({ folder: join(folder, 'keys'), token: vaultToken })
  const log: LoggedRequest[] = []
  const answerNow = async (request: VaultRequest): Promise<VaultResponse> =>
    (await standIn(request)) ?? { status: 500, body: '' }
  const vault: Vault = (request) => {
    const isKnown = request.headers.authorization === `Bearer ${vaultToken}`
    const requestId = request.headers['x-ms-client-request-id']?.toString()
    const path = request.url.pathname
    log.push({ operation: operationOf(request), path, requestId, id: request.id, isKnown })
    const fault = faulty.outage ?? (isKnown ? faulty.fault : undefined)
    return fault ? fault(request, () => answerNow(request)) : answerNow(request)
  }
  const tls = await localServerIdentity(join(folder, 'tls'), '127.0.0.1')
  const running: RunningVault = await serveVault(vault, { port: 0, tls })
  const { host } = new URL(running.url)
  const ca = await readFile(running.caFile, 'utf8')
  const credential = {
    getToken: () => {
      faulty.tokens += 1
      return Promise.resolve({ token: vaultToken, expiresOnTimestamp: Date.now() + 3_600_000 })
    },
  }
  const location = (changes: Partial<KeyVaultLocation> = {}): KeyVaultLocation => ({
    vaultUrl: running.url,
    host,
    ca,
    credential,
    ...changes,
  })
  const faulty: FaultyVault = {
    url: running.url,
    host,
    log,
    fault: undefined,
    outage: undefined,
    tokens: 0,
    location,
    keys: (changes) => keyVaultKeys(location(changes)),
    rotate: async (name) => void (await openVaultKeys(join(folder, 'keys')).create(name, 'ES256')),
    signers: (changes) => keyVaultSigners(location(changes)),
    async [Symbol.asyncDispose]() {
      await running.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
  return faulty
}
