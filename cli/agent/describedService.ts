import { readConfiguration } from '../../client/agent/readConfiguration.ts'
import { agentProgram } from '../../client/service/agentProgram.ts'
import type { AgentService } from '../../client/service/agentService.ts'
import { serviceNeeds } from '../../client/service/serviceNeeds.ts'
import { processProgram } from './processInstaller.ts'

/**
 * Describes the service that runs this program with a configuration.
 * @throws {Refusal} `install-refused`, `path-shared`, `configuration-invalid`
 */
export const describedService = async (
  file: string,
  { isSystem, everySeconds }: Pick<AgentService, 'isSystem' | 'everySeconds'>,
): Promise<AgentService> => ({
  isSystem,
  everySeconds,
  configurationFile: file,
  needs: serviceNeeds(await readConfiguration(file)),
  program: await agentProgram(processProgram()),
})
