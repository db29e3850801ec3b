import { type Check, resting } from './check.ts'
import { askMayfly, type Examination, isMayfly } from './examination.ts'
import type { Found } from './finding.ts'
import { jsonOf, mediaTypeOf, problemCodeOf, type Probed } from './probe.ts'

const checkUrl = ({ serviceUrl, deployment }: Examination): Check => ({
  id: 'service-url',
  run() {
    const id = 'service-url'
    try {
      return [{ id, status: 'ok', detail: serviceUrl().origin }]
    } catch {
      const detail = `service.url is ${deployment.service.url}: tokens would cross the network in the clear`
      const remedy =
        'Write the https URL of the service into the deployment file; plain http is for this machine alone.'
      return [{ id, status: 'problem', detail, remedy }]
    }
  },
})

const notConfigured: Found = {
  id: 'service-health',
  status: 'problem',
  detail: 'healthz answers 503: a setting of the app is missing or wrong',
  remedy: 'The log of the app names it, in a line with "not-started". Set it, and restart the app.',
}

const strangeHealth = (probed: Probed): Found => ({
  id: 'service-health',
  status: 'problem',
  detail: `healthz answers ${probed.status} with ${mediaTypeOf(probed) || 'no media type'}, not as Mayfly does`,
  remedy:
    'Something else answers at service.url: correct it in the deployment file, or the proxy on the way.',
})

const checkHealth = ({ health, serviceUrl }: Examination): Check => ({
  id: 'service-health',
  async run() {
    await resting('service-url', serviceUrl)
    const probed = await health()
    if (problemCodeOf(probed) === 'not-configured') return [notConfigured]
    if (!isMayfly(probed)) return [strangeHealth(probed)]
    return [{ id: 'service-health', status: 'ok', detail: 'healthz answers' }]
  },
})

const readinessRemedies: Readonly<Record<string, string>> = {
  'tables unavailable':
    'See tables-required and tables-ahead, then the identity of the app: it needs its roles on the tables, and the network to reach them.',
  'signer unavailable':
    'See key-usable, then the identity of the app: it needs keys/read and keys/sign on the issuer vault, and the network to reach it. The log of the app names the refusal.',
  'signer none': 'Run mayfly authority init for a tenant.',
}

const checkReady = (examination: Examination): Check => ({
  id: 'service-ready',
  async run() {
    const id = 'service-ready'
    const probed = await askMayfly(examination, 'readyz')
    const { ready, tables, signer } = (jsonOf(probed) ?? {}) as Readonly<Record<string, unknown>>
    if (probed.status === 200 && ready === true)
      return [{ id, status: 'ok', detail: 'the app itself reads its tables and signs' }]
    const trouble = tables === 'ok' ? `signer ${String(signer)}` : `tables ${String(tables)}`
    const remedy = readinessRemedies[trouble] ?? 'See the log of the app.'
    return [{ id, status: 'problem', detail: `readyz answers ${probed.status}: ${trouble}`, remedy }]
  },
})

/** What an operator can turn off: it tells an attacker what to try. */
const telling = ['x-powered-by', 'x-aspnet-version', 'server']

const checkHeaders = (examination: Examination): Check => ({
  id: 'service-headers',
  async run() {
    const id = 'service-headers'
    const { headers } = await askMayfly(examination, 'healthz')
    const told = telling.filter((name) => /\d/.test(String(headers[name] ?? '')))
    if (told.length > 0)
      return [
        {
          id,
          status: 'warning',
          detail: `the answer tells a version: ${told.map((name) => `${name}: ${String(headers[name])}`).join(', ')}`,
          remedy: 'Take the header out at the proxy or gateway that adds it.',
        },
      ]
    if (headers['cache-control'] === 'no-store') return [{ id, status: 'ok', detail: 'nothing to remark' }]
    const detail = `healthz comes with cache-control: ${headers['cache-control'] ?? 'none'}, not no-store`
    return [{ id, status: 'warning', detail, remedy: 'See which proxy on the way changes it.' }]
  },
})

/** Whether the service answers, and whether it is one of Mayfly's that is ready. */
export const checkService = (examination: Examination): readonly Check[] =>
  [checkUrl, checkHealth, checkHeaders, checkReady].map((check) => check(examination))
