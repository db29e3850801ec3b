import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  timingSafeEqual,
} from 'node:crypto'
import { createServer, type IncomingMessage } from 'node:http'
import { calculateJwkThumbprint, exportJWK } from 'jose'
import {
  demoClient,
  type DemoSigner,
  lifetimeSeconds,
  signAccessToken,
  signAttestation,
  signPosture,
} from './signAccessToken.ts'
import { listen } from './freePort.ts'
import { readOrMake } from './writePrivateFile.ts'

const maxBodyOctets = 4_096

/**
 * A token issuer for one machine: discovery document, JWKS, and tokens about users and their devices for whoever knows the
 * client secret.
 */
export interface TokenIssuer {
  readonly url: string
  close(): Promise<void>
}

/** Where the issuer listens, always on 127.0.0.1, and what it keeps. */
export interface TokenIssuerOptions {
  /** 0 takes a free one. */
  readonly port: number
  /** PEM file of its signing key; made when missing. */
  readonly keyFile: string
  /** The secret that clients send to the token endpoint. */
  readonly clientSecret: string
}

interface Identity extends DemoSigner {
  readonly jwks: object
  readonly clientSecret: string
}

const makeKey = () =>
  generateKeyPairSync('rsa', { modulusLength: 2048 })
    .privateKey.export({ format: 'pem', type: 'pkcs8' })
    .toString()

const digest = (text: string) => createHash('sha256').update(text).digest()

const isClient = (request: IncomingMessage, secret: string): boolean => {
  const expected = `Basic ${Buffer.from(`${demoClient}:${secret}`).toString('base64')}`
  return timingSafeEqual(digest(request.headers.authorization ?? ''), digest(expected))
}

interface Reply {
  readonly status: number
  readonly document: object
}

const badRequest: Reply = { status: 400, document: { error: 'invalid_request' } }
const replyHeaders = { 'content-type': 'application/json', 'cache-control': 'no-store' }

const readForm = async (request: IncomingMessage): Promise<URLSearchParams> => {
  let body = ''
  for await (const chunk of request) {
    body += String(chunk)
    if (body.length > maxBodyOctets) throw new Error('The form is too large.')
  }
  return new URLSearchParams(body)
}

/** Signs one kind of token for whoever knows the client secret. */
type Sign = (signer: DemoSigner, form: URLSearchParams) => Promise<string>

const answerToken = async (identity: Identity, request: IncomingMessage, sign: Sign): Promise<Reply> => {
  if (!isClient(request, identity.clientSecret)) return { status: 401, document: { error: 'invalid_client' } }
  const form = await readForm(request)
  if (!form.get('username')) return badRequest
  const token = { access_token: await sign(identity, form), token_type: 'Bearer' }
  return { status: 200, document: { ...token, expires_in: lifetimeSeconds } }
}

const discovery = ({ url }: Identity) => ({
  issuer: url,
  jwks_uri: `${url}/jwks`,
  token_endpoint: `${url}/token`,
  id_token_signing_alg_values_supported: ['RS256'],
})

const answer = async (identity: Identity, request: IncomingMessage): Promise<Reply> => {
  switch (`${request.method} ${request.url}`) {
    case 'GET /.well-known/openid-configuration':
      return { status: 200, document: discovery(identity) }
    case 'GET /jwks':
      return { status: 200, document: identity.jwks }
    case 'POST /token':
      return answerToken(identity, request, signAccessToken)
    case 'POST /posture':
      return answerToken(identity, request, signPosture)
    case 'POST /attestation':
      return answerToken(identity, request, signAttestation)
    default:
      return { status: 404, document: { error: 'not_found' } }
  }
}

/**
 * Starts the demo's token issuer on loopback. Whoever can read the client secret gets tokens for any user: that is
 * what a demo is for, and why it never leaves this machine.
 */
export const startTokenIssuer = async (options: TokenIssuerOptions): Promise<TokenIssuer> => {
  const key = createPrivateKey(await readOrMake(options.keyFile, makeKey))
  const jwk = await exportJWK(createPublicKey(key))
  const kid = await calculateJwkThumbprint(jwk)
  const server = createServer()
  const listening = await listen(server, options.port)
  const url = `http://127.0.0.1:${listening.port}`
  const jwks = { keys: [{ ...jwk, kid, alg: 'RS256', use: 'sig' }] }
  const identity = { url, key, kid, jwks, clientSecret: options.clientSecret }
  server.on('request', (request, response) => {
    const answered = answer(identity, request).catch(() => badRequest)
    void answered.then(({ status, document }) =>
      response.writeHead(status, replyHeaders).end(JSON.stringify(document)),
    )
  })
  return {
    url,
    close() {
      const closed = listening.close()
      server.closeAllConnections()
      return closed
    },
  }
}
