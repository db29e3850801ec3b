import { type Check, checksOf, dependOn } from './check.ts'
import { type Examination, isMayfly } from './examination.ts'
import { type Found, ok, problem, warning } from './finding.ts'
import { jsonOf, mediaTypeOf, problemCodeOf } from './probe.ts'

const healthFound = async ({ health, serviceUrl }: Examination): Promise<Found> => {
  await dependOn('service-url', serviceUrl)
  const probed = await health()
  if (isMayfly(probed)) return ok('healthz answers')
  if (problemCodeOf(probed) === 'not-configured')
    return problem(
      'healthz answers 503: a setting of the app is missing or wrong',
      'The log of the app names it, in a line with "not-started". Set it, and restart the app.',
    )
  return problem(
    `healthz answers ${probed.status} with ${mediaTypeOf(probed) || 'no media type'}, not as Mayfly does`,
    'Something else answers at service.url: correct it in the deployment file, or the proxy on the way.',
  )
}

/** Names headers that an operator can turn off: they tell an attacker what to try. */
const telling = ['x-powered-by', 'x-aspnet-version', 'server']

const headersFound = async ({ ask }: Examination): Promise<Found> => {
  const { headers } = await ask('healthz')
  const told = telling
    .filter((name) => /\d/.test(String(headers[name] ?? '')))
    .map((name) => `${name}: ${String(headers[name])}`)
  if (told.length > 0)
    return warning(
      `the answer tells a version: ${told.join(', ')}`,
      'Take the header out at the proxy or gateway that adds it.',
    )
  const control = headers['cache-control']
  if (control === 'no-store') return ok('nothing to remark')
  const detail = `healthz comes with cache-control: ${control ?? 'none'}, not no-store`
  return warning(detail, 'See which proxy on the way changes it.')
}

const readinessRemedies: Readonly<Record<string, string>> = {
  'tables unavailable':
    'See tables-required and tables-ahead, then the identity of the app: it needs its roles on the tables, and the network to reach them.',
  'signer unavailable':
    'See key-usable, then the identity of the app: it needs keys/read and keys/sign on the issuer vault, and the network to reach it. The log of the app names the refusal.',
  'signer none': 'Run mayfly authority init for a tenant.',
}

const readyFound = async ({ ask }: Examination): Promise<Found> => {
  const probed = await ask('readyz')
  const { ready, tables, signer } = (jsonOf(probed) ?? {}) as Readonly<Record<string, unknown>>
  if (probed.status === 200 && ready === true) return ok('the app itself reads its tables and signs')
  const trouble = tables === 'ok' ? `signer ${String(signer)}` : `tables ${String(tables)}`
  const remedy = readinessRemedies[trouble] ?? 'See the log of the app.'
  return problem(`readyz answers ${probed.status}: ${trouble}`, remedy)
}

/** Checks whether the service answers, and whether it is one of Mayfly's that is ready. */
export const serviceChecks = (examination: Examination): readonly Check[] =>
  checksOf(examination, {
    'service-health': healthFound,
    'service-headers': headersFound,
    'service-ready': readyFound,
  })
