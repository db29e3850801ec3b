import type { Deployment } from '../../lib/deployment/deployment.ts'
import { Refusal } from '../../lib/errors/refusal.ts'
import type { Configuration } from '../../lib/tenant/configuration.ts'

/**
 * Checks that the directory which a tenant wants asked is that of the deployment: the service signs in to no other.
 * @throws {Refusal} `configuration-invalid`
 */
export const checkDirectory = (
  { evidence }: Pick<Configuration, 'evidence'>,
  { directoryId }: Pick<Deployment, 'directoryId'>,
): void => {
  const wanted = evidence?.directory?.directoryId
  if (wanted === undefined || wanted === directoryId) return
  const why =
    directoryId === undefined
      ? 'this deployment has none that it could ask; its file names one as "directoryId"'
      : `this deployment can ask its own alone, which is ${directoryId}`
  throw new Refusal(
    'configuration-invalid',
    `Cannot accept the configuration: evidence.directory.directoryId: ${why}.`,
  )
}
