import { lookup } from 'node:dns/promises'
import { once as onceEmitted } from 'node:events'
import { connect, isIP } from 'node:net'
import { claimedSigner } from '../../lib/bundle/verifyBundleSignature.ts'
import { Refusal } from '../../lib/errors/refusal.ts'
import { checkServiceUrl, fetchText } from '../callService.ts'
import { openTunnel, placeOf } from '../openTunnel.ts'
import { type Way, wayTo } from '../proxyFor.ts'
import { type Check, checksOf, dependOnFound } from './check.ts'
import { clockFound, type Dated } from './clockFound.ts'
import { type Found, ok, problem } from './finding.ts'
import { once } from './once.ts'
import { tlsFound } from './tlsFound.ts'

/** A service or a mirror, as a client reaches it. */
export interface ServicePlace {
  /** Base URL, as the configuration has it. */
  readonly url: string
  readonly tenant: string
  /** PEM of the authorities to trust instead of the system's. */
  readonly ca?: string | undefined
}

/** The machine that checks are made on. */
export interface CheckWorld {
  readonly now: () => Date
  /** That of the process: proxies are found by it, programs started with it. */
  readonly environment: Readonly<Record<string, string | undefined>>
}

/** The way to a service, step by step; what is asked is asked once, by the first check that needs it. */
export interface ServiceWay {
  readonly checks: readonly Check[]
  /** Has a check wait until the service is known to answer; where it does not, that check is not made. */
  readonly reached: () => Promise<void>
}

const timeoutMilliseconds = 8_000

const words: Readonly<Record<Extract<Way, { kind: 'direct' }>['why'], string>> = {
  loopback: 'none: the service is on this machine',
  unset: 'none: neither HTTPS_PROXY nor ALL_PROXY is set',
  exempt: 'none: NO_PROXY exempts the service',
}

/** Goes to the service through the proxy, as far as the first octet that would be for the service. */
const tunnelFound = async (
  url: URL,
  { proxy, variable }: Extract<Way, { kind: 'proxy' }>,
): Promise<Found> => {
  try {
    const socket = await openTunnel(url, proxy, AbortSignal.timeout(timeoutMilliseconds))
    socket.destroy()
    return ok(`${proxy.host}, which ${variable} names, leads to the service`)
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    return problem(
      `${error.detail.replace(/\.$/, '')} (${variable} names it)`,
      `See that the proxy of ${variable} runs, and lets this machine connect to ${url.host}; where no proxy is needed for that, name ${url.hostname} in NO_PROXY.`,
    )
  }
}

const proxyFound = async (url: URL, findWay: () => Promise<Way>): Promise<Found> => {
  try {
    const way = await findWay()
    return way.kind === 'direct' ? ok(words[way.why]) : await tunnelFound(url, way)
  } catch (error) {
    if (error instanceof Refusal) return problem(error.detail, 'Correct it: http://HOST:PORT.')
    throw error
  }
}

const nameFound = async ({ hostname }: URL, way: Way): Promise<Found> => {
  if (way.kind === 'proxy') return ok('looked up by the proxy')
  const { host } = placeOf(new URL(`https://${hostname}`))
  if (isIP(host) !== 0) return ok('an address, which nobody has to look up')
  try {
    const found = await lookup(host, { all: true })
    return ok(found.map(({ address }) => address).join(', '))
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException
    if (code === 'ENOTFOUND')
      return problem(
        `no name server knows ${host} (ENOTFOUND)`,
        'Check the URL for a slip; a name that is known inside of a network alone needs that network, or its name server.',
      )
    return problem(
      `no name server answers about ${host} (${code})`,
      'Connect this machine to a network, and see which name server it asks.',
    )
  }
}

const connectFaults: Readonly<Record<string, readonly [what: string, remedy: string]>> = {
  ECONNREFUSED: [
    'refuses connections',
    'Check the port of the URL; else the service is down, or a firewall refuses in its place.',
  ],
  ENETUNREACH: ['cannot be reached: there is no way to its network', 'Connect this machine to a network.'],
  EHOSTUNREACH: ['cannot be reached: there is no way to it', 'Connect this machine to the right network.'],
}

const connectionFound = async (url: URL, way: Way): Promise<Found> => {
  if (way.kind === 'proxy') return ok('made by the proxy')
  const place = placeOf(url)
  const socket = connect(place)
  try {
    await onceEmitted(socket, 'connect', { signal: AbortSignal.timeout(timeoutMilliseconds) })
    return ok(`${socket.remoteAddress} takes connections at port ${place.port}`)
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException
    const [what, remedy] = connectFaults[code] ?? [
      'does not answer',
      'A firewall may drop what goes there: have whoever runs the network permit it.',
    ]
    return problem(`${url.hostname} ${what} at port ${place.port} (${code})`, remedy)
  } finally {
    socket.destroy()
  }
}

/** The remedies that a client has, where those for everybody are for whoever runs the service. */
const remedies: Readonly<Record<string, string>> = {
  'service-not-reached':
    'Open the URL in a browser: a captive portal wants a sign-in there. Else see what stands between this machine and the service, and that the URL is that of a Mayfly service.',
  'service-unavailable': 'Whoever runs the service looks at it with mayfly doctor; then try again.',
  'tenant-unknown': 'Correct the tenant, or the URL: whoever runs the service knows both.',
}

const serviceFound = async ({ tenant }: ServicePlace, answered: () => Promise<Dated>): Promise<Found> => {
  try {
    await answered()
    return ok(`serves the trust bundle of ${tenant}`)
  } catch (error) {
    const remedy = error instanceof Refusal ? remedies[error.code] : undefined
    if (!(error instanceof Refusal) || remedy === undefined) throw error
    return problem(error.detail, remedy)
  }
}

/**
 * Asks for the bundle of the tenant by the client's own code.
 * @returns when the answer came.
 * @throws {Refusal} those of fetchText(), `trust-bundle-refused` for what is no bundle
 */
const ask = async ({ tenant, ca }: ServicePlace, base: URL, now: () => Date): Promise<Dated> => {
  const sentAt = now().getTime()
  let dated: Dated = { headers: {}, at: sentAt }
  const jws = await fetchText({
    url: new URL(`v1/${encodeURIComponent(tenant)}/trust.jws`, base),
    headers: {},
    ca,
    attempts: 1,
    onAnswer: ({ headers }) => (dated = { headers, at: (sentAt + now().getTime()) / 2 }),
  })
  claimedSigner(jws ?? '')
  return dated
}

/**
 * Checks the way to a service, step by step: its proxy, its name, the connection, TLS, and what it answers; then its clock. It
 * sends no token.
 * @throws {Refusal} `usage-wrong` for a URL that a service cannot have
 */
export const serviceChecks = (place: ServicePlace, { now, environment }: CheckWorld): ServiceWay => {
  const base = checkServiceUrl(place.url)
  const way = once(async () => wayTo(base, environment))
  const answered = once(() => ask(place, base, now))
  const proxy = once(() => proxyFound(base, way))
  const name = once(async () => {
    await dependOnFound('network-proxy', proxy)
    return nameFound(base, await way())
  })
  const connection = once(async () => {
    await dependOnFound('network-name', name)
    return connectionFound(base, await way())
  })
  const tls = once(async () => {
    await dependOnFound('network-connection', connection)
    return tlsFound({ url: base, way: await way(), ca: place.ca, now: now() })
  })
  const service = once(async () => {
    await dependOnFound('network-tls', tls)
    return serviceFound(place, answered)
  })
  const reached = () => dependOnFound('network-service', service)
  const questions = {
    'network-proxy': proxy,
    'network-name': name,
    'network-connection': connection,
    'network-tls': tls,
    'network-service': service,
    'network-clock': async () => reached().then(async () => clockFound(await answered())),
  }
  return { checks: checksOf(undefined, questions, base.host), reached }
}
