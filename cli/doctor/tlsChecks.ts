import { once } from 'node:events'
import { isIP } from 'node:net'
import { connect } from 'node:tls'
import { openTunnel, placeOf } from '../../client/openTunnel.ts'
import { proxyFor } from '../../client/proxyFor.ts'
import { type Check, checksOf, dependOn } from '../../client/check/check.ts'
import type { Examination } from './examination.ts'
import { type Found, ok, problem, warning } from '../../client/check/finding.ts'
import { probe } from './probe.ts'

const dayMilliseconds = 86_400_000
const warnDays = 21
const problemDays = 5

const certificateFound = async ({ ask, now }: Examination): Promise<Found> => {
  const { tls } = await ask('healthz')
  if (!tls) return ok('plain http, which stays on this machine')
  const days = Math.floor((tls.notAfter.getTime() - now().getTime()) / dayMilliseconds)
  const detail = `${tls.protocol}; the certificate of the server is good for ${days} days`
  if (days >= warnDays) return ok(detail)
  const remedy = 'Renew the certificate of the server; a managed one renews itself, so see why it did not.'
  return (days >= problemDays ? warning : problem)(detail, remedy)
}

const handshakeMilliseconds = 5_000

/** Tells whether a server takes a protocol that RFC 8996 forbids. */
const takesOldProtocol = async (url: URL): Promise<boolean> => {
  const signal = AbortSignal.timeout(handshakeMilliseconds)
  const { host, port } = placeOf(url)
  const proxy = proxyFor(url, process.env)
  const way = proxy ? { socket: await openTunnel(url, proxy, signal) } : { host, port }
  const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const
  // Nothing is sent: it does not matter who answers.
  const name = isIP(host) === 0 ? { servername: host } : {}
  const socket = connect({ ...way, ...name, rejectUnauthorized: false, ...old })
  try {
    await once(socket, 'secureConnect', { signal })
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}

const oldProtocolsFound = async ({ serviceUrl, health }: Examination): Promise<Found> => {
  await dependOn('service-health', health)
  if (!(await takesOldProtocol(serviceUrl()))) return ok('TLS 1.0 and 1.1 are refused')
  return problem(
    `${serviceUrl().host} takes TLS 1.0 or 1.1`,
    'Set minTlsVersion 1.2 or higher on the function app, or on what stands before it.',
  )
}

const redirectFound = async ({ now, health, serviceUrl }: Examination): Promise<Found> => {
  await dependOn('service-health', health)
  const plain = await probe(new URL(`http://${serviceUrl().hostname}/healthz`), {}, now).catch(
    () => undefined,
  )
  // A proxy on the way answers for a server that does not: with 502, 503 or 504.
  if (!plain || plain.status > 501) return ok('plain http is not answered')
  const location = plain.headers.location ?? ''
  if ([301, 302, 307, 308].includes(plain.status) && location.startsWith('https://'))
    return ok('plain http is led to https')
  return problem(
    `plain http is answered with ${plain.status}`,
    'Set httpsOnly on the function app, or have what stands before it lead to https.',
  )
}

const urlOf = ({ serviceUrl }: Examination): URL | undefined => {
  try {
    return serviceUrl()
  } catch {
    return undefined
  }
}

/** Checks whether clients reach the service over TLS alone, of a version that is secure, for longer than a few days. */
export const tlsChecks = (examination: Examination): readonly Check[] => {
  const url = urlOf(examination)
  const isTls = url?.protocol === 'https:'
  return checksOf(examination, {
    'service-tls': certificateFound,
    ...(isTls && { 'service-tls-old': oldProtocolsFound }),
    ...(isTls && url.port === '' && { 'service-redirect': redirectFound }),
  })
}
