import { setTimeout as delay } from 'node:timers/promises'
import type { CryptographyClientOptions, GetKeyOptions } from '@azure/keyvault-keys'
import { parseRetryAfter } from '../deadline/parseRetryAfter.ts'
import { BusyVault, keyVaultRefusal } from './keyVaultRefusal.ts'

/** The longest that a token may take to come: a developer's tools are slow. */
const tokenMilliseconds = 30_000

/**
 * A credential that is loaded when a token is first asked for: its library is larger than the rest of the app. The SDKs wait
 * for one token with all calls, and managed identities end no call: a token that never came would end all of them for good.
 */
export const lazyCredential = (
  load: () => Promise<Credential>,
  milliseconds = tokenMilliseconds,
): Credential => {
  let loaded: Promise<Credential> | undefined
  const refuseLate = async (): Promise<never> => {
    await delay(milliseconds, undefined, { ref: false })
    // A name that says an outage of the tables too.
    throw Object.assign(new Error('No token came in time.'), { name: 'CredentialUnavailableError' })
  }
  return {
    async getToken(scopes, options) {
      loaded ??= load()
      return Promise.race([(await loaded).getToken(scopes, options), refuseLate()])
    },
  }
}

/** Far enough: the SDK asks for another token before this one ends. */
const farFuture = Date.UTC(2100, 0)

/** The credential of a stand-in for Key Vault, which knows its clients by one token. */
export const fixedCredential = (token: string): Credential => ({
  getToken: () => Promise.resolve({ token, expiresOnTimestamp: farFuture }),
})

/** Gives access tokens for Key Vault, as any credential of Azure Identity does. */
export interface Credential {
  getToken(
    scopes: string | string[],
    options?: object,
  ): Promise<{ token: string; expiresOnTimestamp: number } | null>
}

export interface KeyVaultAccess {
  readonly credential: Credential
  /** Host and port of a stand-in for Key Vault, which alone is used then; without it, Azure's vaults are. */
  readonly host?: string | undefined
  /** PEM of the authority behind the host, where the system does not trust it. */
  readonly ca?: string | undefined
  /** The longest one call may take that no request waits for, tokens and retries included; 3.5 s by default. */
  readonly timeoutMilliseconds?: number | undefined
}

const retryOptions = { maxRetries: 2, retryDelayInMs: 100, maxRetryDelayInMs: 800 }

const defaultRetryAfterSeconds = 5

const waitHeaders = ['retry-after', 'retry-after-ms', 'x-ms-retry-after-ms']

type AdditionalPolicy = NonNullable<CryptographyClientOptions['additionalPolicies']>[number]

/** The SDK would wait as long as the vault says, inside the request. Load is shed instead: another issuer may be idle. */
const shedLoad: AdditionalPolicy = {
  position: 'perRetry',
  policy: {
    name: 'mayflyShedLoad',
    async sendRequest(request, next) {
      const response = await next(request)
      const { status, headers } = response
      const isBusy = status === 429 || (status === 503 && waitHeaders.some((name) => headers.has(name)))
      if (isBusy)
        throw new BusyVault(status, parseRetryAfter(headers.get('retry-after')) ?? defaultRetryAfterSeconds)
      return response
    },
  },
}

/** Options of a client of the SDK. Azure's vaults prove by their challenge that the token is meant for them. */
export const clientOptions = ({ host, ca }: KeyVaultAccess): CryptographyClientOptions => ({
  retryOptions,
  redirectOptions: { maxRetries: 0 },
  additionalPolicies: [shedLoad],
  disableChallengeResourceVerification: host !== undefined,
  ...(ca === undefined ? {} : { tlsOptions: { ca } }),
})

/** One call of Key Vault. */
export interface VaultCall {
  /** The key's name and the host of its vault. */
  readonly key: string
  /** UUID that the vault is given, and returns. Its audit log does not show it. */
  readonly requestId?: string
  /** Ends the call. */
  readonly signal: AbortSignal
  /** Told of each answer's id, which the vault chose and its audit log shows as correlation id; lower case. */
  readonly onLogged?: ((vaultRequestId: string) => void) | undefined
}

export interface CallOptions extends Required<Pick<GetKeyOptions, 'requestOptions' | 'onResponse'>> {
  readonly abortSignal: AbortSignal
}

/** The last response of a call. */
export interface LastResponse {
  status?: number
  /** Parsed JSON. */
  body?: unknown
}

/** The form of `x-ms-request-id`; what is anything else is not kept. */
const vaultRequestIdForm = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/**
 * Calls Key Vault within the time it has.
 * @throws {Refusal} `signer-refused` or `signer-unavailable`
 */
export const callVault = async <T>(
  { key, requestId, signal: abortSignal, onLogged }: VaultCall,
  call: (options: CallOptions, last: LastResponse) => Promise<T>,
): Promise<T> => {
  const last: LastResponse = {}
  const options: CallOptions = {
    abortSignal,
    requestOptions: {
      headers: requestId === undefined ? {} : { 'x-ms-client-request-id': requestId },
    },
    onResponse({ status, parsedBody, headers }) {
      Object.assign(last, { status, body: parsedBody })
      const vaultRequestId = headers.get('x-ms-request-id')?.toLowerCase() ?? ''
      if (vaultRequestIdForm.test(vaultRequestId)) onLogged?.(vaultRequestId)
    },
  }
  try {
    return await call(options, last)
  } catch (error) {
    throw keyVaultRefusal(error, { key, requestId, status: last.status })
  }
}
