import { createHash, randomUUID, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import { text } from 'node:stream/consumers'
import type { AuthorityAlgorithm } from '../lib/keys/signer.ts'
import { listen } from './freePort.ts'
import type { ServerIdentity } from './serverIdentity.ts'
import {
  digestOctets,
  openVaultKeys,
  publicJwk,
  signDigest,
  type VaultKey,
  type VaultKeys,
} from './vaultKeys.ts'

/** One request of Key Vault's REST protocol. */
export interface VaultRequest {
  /** The `x-ms-request-id` of the answer, which the audit log shows; the client's own id is not logged. */
  readonly id: string
  readonly method: string
  /** Path and query. */
  readonly url: URL
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** An answer; `undefined` in place of it breaks the connection. */
export interface VaultResponse {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  /** Text, or what becomes JSON. */
  readonly body: unknown
}

/** Answers requests as Key Vault would. */
export type Vault = (request: VaultRequest) => Promise<VaultResponse | undefined>

/** A stand-in for Azure Key Vault, on this machine. */
export interface RunningVault {
  /** `https://127.0.0.1:<port>` */
  readonly url: string
  /** PEM file of the authority that its clients must trust. */
  readonly caFile: string
  close(): Promise<void>
}

export interface VaultOptions {
  /** Folder of its keys. */
  readonly folder: string
  /** The bearer token that its clients send. */
  readonly token: string
}

const challenge =
  'Bearer authorization="https://login.microsoftonline.com/00000000-0000-0000-0000-000000000000", resource="https://vault.azure.net"'

const failure = (status: number, code: string, message: string): VaultResponse => ({
  status,
  body: { error: { code, message } },
})

const badParameter = (message: string) => failure(400, 'BadParameter', message)

const digest = (value: string) => createHash('sha256').update(value).digest()

const isKnown = ({ headers }: VaultRequest, token: string): boolean =>
  timingSafeEqual(digest(headers.authorization ?? ''), digest(`Bearer ${token}`))

const wantedAlgorithm = (wanted: Record<string, unknown>): AuthorityAlgorithm | undefined => {
  const { kty, crv, key_size: size } = wanted
  if (kty === 'EC' && crv === 'P-256') return 'ES256'
  if (kty === 'EC' && crv === 'P-384') return 'ES384'
  return kty === 'RSA' && size === 3072 ? 'RS256' : undefined
}

const bundle = (url: URL, name: string, key: VaultKey): VaultResponse => ({
  status: 200,
  body: {
    key: { kid: `${url.origin}/keys/${name}/${key.version}`, key_ops: ['sign'], ...publicJwk(key) },
    attributes: { enabled: true, recoveryLevel: 'Purgeable' },
  },
})

const sign = (
  url: URL,
  name: string,
  key: VaultKey,
  { alg, value }: Record<string, unknown>,
): VaultResponse => {
  const octets = Buffer.from(String(value), 'base64url')
  if (alg !== key.algorithm)
    return badParameter(`Key and signing algorithm are incompatible: ${String(alg)}.`)
  if (octets.length !== digestOctets[key.algorithm]) return badParameter('The digest has a wrong length.')
  const kid = `${url.origin}/keys/${name}/${key.version}`
  return { status: 200, body: { kid, value: signDigest(key, octets).toString('base64url') } }
}

/** The SDK asks for the newest version with an empty one. */
const path = /^\/keys\/([0-9A-Za-z-]{1,127})(?:\/([0-9a-f]{32})?)?(?:\/(create|sign))?$/

const parseBody = (body: string): Record<string, unknown> | undefined => {
  try {
    return JSON.parse(body) as Record<string, unknown>
  } catch {
    return undefined
  }
}

const answerKnown = async (keys: VaultKeys, { method, url, body }: VaultRequest): Promise<VaultResponse> => {
  const [, named = '', version, action = 'get'] = path.exec(url.pathname) ?? []
  if (named === '') return failure(404, 'NotFound', 'There is nothing at this path.')
  if (!url.searchParams.has('api-version')) return badParameter('api-version must be specified')
  const name = named.toLowerCase()
  const document = method === 'POST' ? parseBody(body) : {}
  if (!document) return badParameter('The request body is not JSON.')
  if (method === 'POST' && action === 'create' && version === undefined) {
    const algorithm = wantedAlgorithm(document)
    return algorithm
      ? bundle(url, name, await keys.create(name, algorithm))
      : badParameter('The key type is not supported.')
  }
  const key = await keys.find(name, version)
  if (!key)
    return failure(404, 'KeyNotFound', `A key with (name/id) ${name} was not found in this key vault.`)
  if (method === 'GET' && action === 'get') return bundle(url, name, key)
  if (method === 'POST' && action === 'sign' && version !== undefined) return sign(url, name, key, document)
  return failure(405, 'MethodNotAllowed', 'The method is not allowed here.')
}

/** The stand-in's answers: GET keys/{name}[/{version}], POST keys/{name}/create and keys/{name}/{version}/sign. */
export const standInVault = ({ folder, token }: VaultOptions): Vault => {
  const keys = openVaultKeys(folder)
  return async (request) => {
    if (isKnown(request, token)) return answerKnown(keys, request)
    const refusal = failure(401, 'Unauthorized', 'AKV10000: Request is missing a Bearer or PoP token.')
    return { ...refusal, headers: { 'www-authenticate': challenge } }
  }
}

/** The vault's id of the request, and the client's as it was sent: a client that asks again sends the same. */
const idsOf = ({ id, headers }: VaultRequest): Readonly<Record<string, string>> => {
  const sent = headers['x-ms-client-request-id']?.toString()
  return { 'x-ms-request-id': id, ...(sent === undefined ? {} : { 'x-ms-client-request-id': sent }) }
}

const send = (
  response: ServerResponse,
  request: VaultRequest,
  { status, headers, body }: VaultResponse,
): void => {
  const common = { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-cache' }
  response.writeHead(status, { ...common, ...idsOf(request), ...headers })
  response.end(typeof body === 'string' ? body : JSON.stringify(body))
}

const serve = async (vault: Vault, message: IncomingMessage, response: ServerResponse): Promise<void> => {
  const { method = '', headers } = message
  const url = new URL(message.url ?? '/', `https://${headers.host}`)
  const request = { id: randomUUID(), method, url, headers, body: await text(message) }
  const answer = await vault(request)
  if (answer) send(response, request, answer)
  else response.destroy()
}

/**
 * Serves a vault over https on loopback. Whoever knows the token signs with its keys, which are files: it is a stand-in
 * for development and tests, and no place for keys that protect anything.
 * @param port 0 takes a free one.
 */
export const serveVault = async (
  vault: Vault,
  { port, tls }: { readonly port: number; readonly tls: ServerIdentity },
): Promise<RunningVault> => {
  const server = createServer({ key: tls.key, cert: tls.certificate })
  server.on('request', (request, response) => {
    serve(vault, request, response).catch(() => response.destroy())
  })
  const listening = await listen(server, port)
  return {
    url: `https://127.0.0.1:${listening.port}`,
    caFile: tls.caFile,
    close() {
      const closed = listening.close()
      server.closeAllConnections()
      return closed
    },
  }
}
