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

/** Answers in place of a certificate to this token and body; `away` ends the connection, `silent` leaves it waiting. */
export type Instead = (token: string, body: string) => Reply | 'away' | 'silent' | undefined

/** How long a certificate lives, and from when to when it is to be renewed: minutes after it was issued. */
export interface Lives {
  readonly life: number
  readonly renewal: readonly [start: number, end: number]
}

const minute = 60_000
const later = (time: Date, minutes: number): Date => new Date(time.getTime() + minutes * minute)

const usual = (): Lives => ({ life: 60, renewal: [35, 50] })

/**
 * Starts a service of the test's own time.
 * @param instead says what it answers where it issues nothing.
 * @param livesOf says how long a certificate for a token lives.
 */
export const standInService = async (
  now: () => Date,
  instead: Instead = () => undefined,
  livesOf: (token: string) => Lives = usual,
) => {
  const authority = testAuthority()
  const served: Served[] = []
  const issue = (token: string, body: string): Reply => {
    const {
      life,
      renewal: [from, to],
    } = livesOf(token)
    const serialNumber = serialNumberFrom(randomBytes(16))
    const [notBefore, notAfter] = [later(now(), -5), later(now(), life)]
    const certificate = authority.leaf(requestedKey(body), { serialNumber, notBefore, notAfter })
    const renewal = { start: later(now(), from).toISOString(), end: later(now(), to).toISOString() }
    const times = { notBefore: notBefore.toISOString(), notAfter: notAfter.toISOString(), renewal }
    const hex = Buffer.from(serialNumber).toString('hex')
    return { status: 201, body: { certificate, chain: [authority.issuer], serialNumber: hex, ...times } }
  }
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const body = await text(request)
    const token = request.headers.authorization?.replace('Bearer ', '') ?? ''
    const reply = instead(token, body) ?? issue(token, body)
    if (reply === 'away') {
      response.destroy()
      return
    }
    if (reply === 'silent') {
      served.push({ at: now(), token, status: 0 })
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
