import { stat } from 'node:fs/promises'
import type { Deployment } from '../../lib/deployment/deployment.ts'
import type { Check } from './check.ts'
import type { Examination } from './examination.ts'

const posix = process.platform !== 'win32'

/** Whether whoever reads the file can do anything with it. */
const holdsSecrets = ({ tables, keys, tokenIssuer }: Deployment): boolean =>
  'connectionString' in tables ||
  tables.standIn !== undefined ||
  keys.vault?.standIn !== undefined ||
  tokenIssuer !== undefined

/** Whether others can read the file that describes the deployment, or change where it leads. */
export const checkDeployment = ({ file, deployment }: Examination): Check => ({
  id: 'deployment-file',
  async run() {
    const id = 'deployment-file'
    const { mode } = await stat(file)
    const bits = mode & 0o777
    const shown = `${file} has the mode 0${bits.toString(8)}`
    const remedy = `chmod 600 ${file}`
    if (!posix) return [{ id, status: 'ok', detail: `${file} is read; Windows has no modes` }]
    if ((bits & 0o022) !== 0)
      return [{ id, status: 'problem', detail: `${shown}: others can change where it leads`, remedy }]
    if ((bits & 0o077) === 0) return [{ id, status: 'ok', detail: shown }]
    return holdsSecrets(deployment)
      ? [{ id, status: 'problem', detail: `${shown}, and it holds secrets that others can read`, remedy }]
      : [{ id, status: 'ok', detail: `${shown}; it holds no secret` }]
  },
})
