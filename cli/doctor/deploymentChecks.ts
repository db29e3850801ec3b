import { stat } from 'node:fs/promises'
import type { Deployment } from '../../lib/deployment/deployment.ts'
import { type Check, checksOf, dependOn } from '../../client/check/check.ts'
import { type Examination, isMayfly } from './examination.ts'
import { type Found, ok, problem, warning } from '../../client/check/finding.ts'
import { jsonOf, mediaTypeOf, problemCodeOf } from './probe.ts'

/** Tells whether whoever reads the file can do anything with it. */
const holdsSecrets = ({ tables, keys, tokenIssuer }: Deployment): boolean =>
  'connectionString' in tables ||
  tables.standIn !== undefined ||
  keys.vault?.standIn !== undefined ||
  tokenIssuer !== undefined

const fileFound = async ({ file, deployment }: Examination): Promise<Found> => {
  const { mode } = await stat(file)
  const bits = mode & 0o777
  const shown = `${file} has the mode 0${bits.toString(8)}`
  const remedy = `chmod 600 ${file}`
  if (process.platform === 'win32') return ok(`${file} is read; Windows has no modes`)
  if ((bits & 0o022) !== 0) return problem(`${shown}: others can change where it leads`, remedy)
  if ((bits & 0o077) === 0) return ok(shown)
  return holdsSecrets(deployment)
    ? problem(`${shown}, and it holds secrets that others can read`, remedy)
    : ok(`${shown}; it holds no secret`)
}

const urlFound = ({ serviceUrl, deployment }: Examination): Found => {
  try {
    return ok(serviceUrl().origin)
  } catch {
    return problem(
      `service.url is ${deployment.service.url}: tokens would cross the network in the clear`,
      'Write the https URL of the service into the deployment file; plain http is for this machine alone.',
    )
  }
}

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

/** Checks that the deployment's file keeps its secrets, and that the service it leads to answers, is Mayfly's, and ready. */
export const deploymentChecks = (examination: Examination): readonly Check[] =>
  checksOf(examination, {
    'deployment-file': fileFound,
    'service-url': urlFound,
    'service-health': healthFound,
    'service-headers': headersFound,
    'service-ready': readyFound,
  })
