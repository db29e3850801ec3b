import { resolve } from 'node:path'
import { heldIn } from '../../client/store/heldIn.ts'
import { Refusal } from '../../lib/errors/refusal.ts'
import { processMachine } from '../client/credentialFolderOf.ts'
import { credentialStoreOf } from '../client/credentialStoreOf.ts'
import { command, type CommandContext } from '../commandLine/command.ts'
import { readOptions, type Values } from '../commandLine/option.ts'
import { withVariables } from '../commandLine/withVariables.ts'
import { fileFor, keptOptions } from './keptOptions.ts'
import { machineTime } from './machineTime.ts'
import { described } from './openAll.ts'
import { type Shown, statusOutcome } from './statusOutcome.ts'

const { config, out } = keptOptions
const options = withVariables({ config, out })

/** A credential of which nobody says how it is configured. */
const inFolder = (folder: string): Shown => ({
  credentials: [{ folder, store: heldIn(folder, processMachine()) }],
  bundles: [],
  guarded: [],
  profiles: [],
})

/** What a file describes, in the folder that options name where it is one credential. @throws {Refusal} `usage-wrong`, `path-shared`, `configuration-invalid` */
const inFile = async (
  file: string,
  values: Values<typeof options>,
  context: CommandContext,
): Promise<Shown> => {
  const nothing = readOptions(keptOptions, { given: new Map(), now: context.now() })
  const { credentials, bundles, profiles } = await described({ ...nothing, ...values }, file)
  return {
    credentials: credentials.map(({ folder, keys, tenant, service: { url } }) => ({
      folder,
      tenant,
      url,
      store: credentialStoreOf(folder, keys, context),
    })),
    bundles,
    guarded: bundles.filter(({ guard }) => guard !== undefined),
    profiles,
  }
}

export const agentStatus = command({
  name: 'agent status',
  summary: 'show what an agent keeps, and what it does next',
  options,
  notes:
    'Ends with 0 where all certificates are valid and all bundles in use and confirmed, sessions guarded and VPN profiles as their file says where they are to be, with 4 where what keeps them from being so may pass, else with 3. Asks nobody.',
  async run(values, context) {
    const file = fileFor(values)
    const machine = machineTime(context.now)
    if (file !== undefined) return statusOutcome(await inFile(file, values, context), machine)
    if (values.out === undefined)
      throw new Refusal('usage-wrong', 'Cannot tell what to show: give --config FILE or --out FOLDER.')
    return statusOutcome(inFolder(resolve(values.out)), machine)
  },
})
