import type { CommandContext } from '../commandLine/command.ts'
import { readAuthorities } from '../../lib/files/readInput.ts'
import { optionalOption } from '../commandLine/requiredOption.ts'

/** Where a service is, and whom to trust for it. */
export interface ChosenService {
  readonly url: string
  /** PEM of the authorities to trust for https instead of the system's. */
  readonly ca: string | undefined
}

/**
 * The service that an option names, with its own authority where `--ca` does; else that of the deployment.
 * @throws {Refusal} `usage-wrong`, `certificate-malformed` or `deployment-unknown`
 */
export const chooseService = async (
  { values, deployment }: Pick<CommandContext, 'values' | 'deployment'>,
  option: string,
): Promise<ChosenService> => {
  const url = optionalOption(values, option)
  const service = url === undefined ? (await deployment()).service : { url }
  const caFile = optionalOption(values, 'ca') ?? ('caFile' in service ? service.caFile : undefined)
  return { url: service.url, ca: caFile === undefined ? undefined : readAuthorities(caFile) }
}
