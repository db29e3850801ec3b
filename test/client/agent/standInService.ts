import { randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { serialNumberFrom } from '../../../lib/x509/tbsCertificate.ts'
import { listen, problemReply, type Reply } from '../serve.ts'
import { requestedKey, testAuthority } from '../testAuthority.ts'

/** A request as the service got it, and what it said. */
export interface Served {
  readonly at: Date
  readonly token: string
  readonly status: number
}

/** Answers in place of a certificate; `away` answers nothing. */
export type Instead = (token: string) => Reply | 'away' | undefined

const minute = 60_000
const later = (time: Date, minutes: number): Date => new Date(time.getTime() + minutes * minute)

/**
 * Starts a service of the test's own time: certificates live for an hour, and are renewed from the 35th to the 50th minute.
 * @param instead says what it answers where it issues nothing.
 */
export const standInService = async (now: () => Date, instead: Instead = () => undefined) => {
  const authority = testAuthority()
  const served: Served[] = []
  const issue = (body: string): Reply => {
    const serialNumber = serialNumberFrom(randomBytes(16))
    const [notBefore, notAfter] = [later(now(), -5), later(now(), 60)]
    const certificate = authority.leaf(requestedKey(body), { serialNumber, notBefore, notAfter })
    const renewal = { start: later(now(), 35).toISOString(), end: later(now(), 50).toISOString() }
    const times = { notBefore: notBefore.toISOString(), notAfter: notAfter.toISOString(), renewal }
    const hex = Buffer.from(serialNumber).toString('hex')
    return { status: 201, body: { certificate, chain: [authority.issuer], serialNumber: hex, ...times } }
  }
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const body = await text(request)
    const token = request.headers.authorization?.replace('Bearer ', '') ?? ''
    const reply = instead(token) ?? issue(body)
    if (reply === 'away') {
      response.destroy()
      return
    }
    const { status = 200, headers = {} } = reply
    served.push({ at: now(), token, status })
    const all = { 'content-type': 'application/json', date: now().toUTCString(), ...headers }
    response.writeHead(status, all).end(JSON.stringify(reply.body))
  }
  const server = createServer((request, response) => void answer(request, response))
  return { url: `http://127.0.0.1:${await listen(server)}`, served }
}

/** Says that the service is too busy. */
export const busy = (retryAfterSeconds: number): Reply =>
  problemReply(503, 'tables-unavailable', { 'retry-after': String(retryAfterSeconds) })
