import { createHash, timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Refusal } from '../../lib/errors/refusal.ts'
import { parseRedirectUri } from './parseRedirectUri.ts'
import { untilAborted } from './untilAborted.ts'

/** Where the browser brings the answer of the provider (RFC 8252 section 7.3). */
export interface Redirect {
  /** With the port that is listened on. */
  readonly uri: string
  /** Waits for the answer. @throws the reason of the signal */
  answer(signal: AbortSignal): Promise<URLSearchParams>
  close(): void
}

const page = `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Mayfly</title>
<p>Mayfly has the answer of your sign-in. You can close this window; the program tells what came of it.
</html>
`

const headers = {
  'content-type': 'text/html; charset=utf-8',
  'content-length': String(Buffer.byteLength(page)),
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  connection: 'close',
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

const isSame = (one: string, other: string): boolean => timingSafeEqual(digest(one), digest(other))

/** Reads the answer to one sign-in; undefined for whatever else was sent here, by whom ever. */
const answerIn = (
  { method, url = '', headers: { host } }: IncomingMessage,
  uri: URL,
  state: string,
): URLSearchParams | undefined => {
  if (method !== 'GET' || host !== uri.host || !url.startsWith('/')) return undefined
  const { pathname, searchParams } = new URL(`${uri.origin}${url}`)
  const states = searchParams.getAll('state')
  const isAnswer = searchParams.has('code') || searchParams.has('error')
  if (pathname !== uri.pathname || !isAnswer || states.length !== 1) return undefined
  return isSame(states[0] ?? '', state) ? searchParams : undefined
}

/**
 * Listens on this machine, and nowhere else, for the answer to one sign-in. Whoever comes without its `state` finds the
 * connection closed, and ends nothing.
 * @param registered the redirect URI of the client; without a port, any one is taken.
 * @throws {Refusal} `token-source-failed` when the port is not free
 */
export const listenForRedirect = async (registered: string, state: string): Promise<Redirect> => {
  const { promise, resolve } = Promise.withResolvers<URLSearchParams>()
  const uri = parseRedirectUri(registered)
  const server = createServer({ requireHostHeader: false }, (request, response: ServerResponse) => {
    const answer = answerIn(request, uri, state)
    if (!answer) return void request.socket.destroy()
    response.once('close', () => resolve(answer))
    response.writeHead(200, headers).end(page)
  })
  server.on('clientError', (_, socket) => socket.destroy())
  for (const event of ['checkContinue', 'checkExpectation'] as const)
    server.on(event, ({ socket }) => void socket.destroy())
  await new Promise<void>((listening, failed) => {
    server.once('error', ({ message }) =>
      failed(new Refusal('token-source-failed', `Cannot sign in: no answer could arrive here (${message}).`)),
    )
    server.listen(Number(uri.port), '127.0.0.1', listening)
  })
  uri.port = String((server.address() as AddressInfo).port)
  return {
    // Providers compare it with what is registered by the letter.
    uri: /\/\/[^/]+$/.test(registered) ? uri.origin : uri.href,
    answer: (signal) => untilAborted(promise, signal),
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}
