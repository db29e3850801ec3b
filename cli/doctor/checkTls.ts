import { once } from 'node:events'
import { isIP } from 'node:net'
import { connect } from 'node:tls'
import { proxyFor } from '../../client/proxyFor.ts'
import { openTunnel, placeOf } from '../../client/openTunnel.ts'
import { type Check, resting } from './check.ts'
import { askMayfly, type Examination } from './examination.ts'
import type { Found } from './finding.ts'
import { probe } from './probe.ts'

const day = 86_400_000
const warnDays = 21
const problemDays = 5

const certificateFound = (tls: { readonly protocol: string; readonly notAfter: Date }, now: Date): Found => {
  const id = 'service-tls'
  const days = Math.floor((tls.notAfter.getTime() - now.getTime()) / day)
  const detail = `${tls.protocol}; the certificate of the server is good for ${days} days`
  const remedy = 'Renew the certificate of the server; a managed one renews itself, so see why it did not.'
  if (days >= warnDays) return { id, status: 'ok', detail }
  return { id, status: days >= problemDays ? 'warning' : 'problem', detail, remedy }
}

const checkCertificate = (examination: Examination): Check => ({
  id: 'service-tls',
  async run() {
    const { tls } = await askMayfly(examination, 'healthz')
    if (!tls) return [{ id: 'service-tls', status: 'ok', detail: 'plain http, which stays on this machine' }]
    return [certificateFound(tls, examination.now())]
  },
})

const handshakeMilliseconds = 5_000

/** Whether a server takes a protocol that RFC 8996 forbids. */
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

const checkOldProtocols = ({ serviceUrl, health }: Examination, url: URL): Check => ({
  id: 'service-tls-old',
  async run() {
    const id = 'service-tls-old'
    await resting('service-health', health)
    if (!(await takesOldProtocol(url))) return [{ id, status: 'ok', detail: 'TLS 1.0 and 1.1 are refused' }]
    const remedy = 'Set minTlsVersion 1.2 or higher on the function app, or on what stands before it.'
    return [{ id, status: 'problem', detail: `${serviceUrl().host} takes TLS 1.0 or 1.1`, remedy }]
  },
})

const checkRedirect = ({ now, health }: Examination, url: URL): Check => ({
  id: 'service-redirect',
  async run() {
    const id = 'service-redirect'
    await resting('service-health', health)
    const plain = await probe(new URL(`http://${url.hostname}/healthz`), {}, now).catch(() => undefined)
    // A proxy on the way answers for a server that does not: with 502, 503 or 504.
    if (!plain || plain.status > 501) return [{ id, status: 'ok', detail: 'plain http is not answered' }]
    const location = plain.headers.location ?? ''
    if ([301, 302, 307, 308].includes(plain.status) && location.startsWith('https://'))
      return [{ id, status: 'ok', detail: 'plain http is led to https' }]
    const remedy = 'Set httpsOnly on the function app, or have what stands before it lead to https.'
    return [{ id, status: 'problem', detail: `plain http is answered with ${plain.status}`, remedy }]
  },
})

const urlOf = ({ serviceUrl }: Examination): URL | undefined => {
  try {
    return serviceUrl()
  } catch {
    return undefined
  }
}

/** Whether clients reach the service over TLS alone, of a version that is secure, for longer than a few days. */
export const checkTls = (examination: Examination): readonly Check[] => {
  const url = urlOf(examination)
  if (url?.protocol !== 'https:') return [checkCertificate(examination)]
  const usual = url.port === '' ? [checkRedirect(examination, url)] : []
  return [checkCertificate(examination), checkOldProtocols(examination, url), ...usual]
}
