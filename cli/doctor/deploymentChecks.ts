import { stat } from 'node:fs/promises'
import type { Deployment } from '../../lib/deployment/deployment.ts'
import { type Check, checksOf } from './check.ts'
import type { Examination } from './examination.ts'
import { type Found, ok, problem } from './finding.ts'

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

/** Checks that the file that describes the deployment keeps its secrets, and leads to a service over TLS. */
export const deploymentChecks = (examination: Examination): readonly Check[] =>
  checksOf(examination, { 'deployment-file': fileFound, 'service-url': urlFound })
