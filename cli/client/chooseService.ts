import { readAuthorities } from '../../lib/files/readInput.ts'
import type { CommandContext } from '../commandLine/command.ts'

/** Where a service is, and whom to trust for it. */
export interface ChosenService {
  readonly url: string
  /** PEM of the authorities to trust for https instead of the system's. */
  readonly ca: string | undefined
}

/**
 * Chooses the service that an option names, with its own authority where `--ca` does; else that of the deployment.
 * @throws {Refusal} `usage-wrong`, `certificate-malformed` or `deployment-unknown`
 */
export const chooseService = async (
  { deployment }: Pick<CommandContext, 'deployment'>,
  { url, ca }: { readonly url: string | undefined; readonly ca?: string | undefined },
): Promise<ChosenService> => {
  const service = url === undefined ? (await deployment()).service : { url }
  const caFile = ca ?? ('caFile' in service ? service.caFile : undefined)
  return { url: service.url, ca: caFile === undefined ? undefined : readAuthorities(caFile) }
}
