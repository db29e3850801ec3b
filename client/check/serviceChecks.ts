import { claimedSigner } from '../../lib/bundle/verifyBundleSignature.ts'
import { Refusal } from '../../lib/errors/refusal.ts'
import { checkServiceUrl, fetchText } from '../callService.ts'
import { wayTo } from '../proxyFor.ts'
import { type Check, checksOf, dependOnFound } from './check.ts'
import { clockFound, type Dated } from './clockFound.ts'
import { connectionFound } from './connectionFound.ts'
import { type Found, ok, problem } from './finding.ts'
import { nameFound } from './nameFound.ts'
import { once } from './once.ts'
import { proxyFound } from './proxyFound.ts'
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
