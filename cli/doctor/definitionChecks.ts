import { resolve } from 'node:path'
import type { Check } from '../../client/check/check.ts'
import { serviceFound } from '../../client/check/serviceFound.ts'
import { managerOf } from '../../client/service/managerOf.ts'
import { stepRunner } from '../../client/service/runSteps.ts'
import { describedService } from '../agent/describedService.ts'
import { processInstaller } from '../agent/processInstaller.ts'

/** Checks whether the system starts the agent of a configuration, for the user who asks: root's is that of the machine. */
export const definitionChecks = (file: string | undefined): readonly Check[] => {
  if (file === undefined) return []
  const isSystem = process.getuid?.() === 0
  const configurationFile = resolve(file)
  const ask = async () =>
    serviceFound({
      manager: managerOf(await processInstaller(isSystem)),
      run: stepRunner(process.env),
      configurationFile,
      describe: (everySeconds) => describedService(configurationFile, { isSystem, everySeconds }),
    })
  return [{ id: 'service-definition', ask }]
}
