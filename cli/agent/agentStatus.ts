import { resolve } from 'node:path'
import { type CredentialStatus, credentialStatus } from '../../client/agent/credentialStatus.ts'
import { heldIn } from '../../client/store/heldIn.ts'
import { processMachine } from '../client/credentialFolderOf.ts'
import { command } from '../commandLine/command.ts'
import { withVariables } from '../commandLine/withVariables.ts'
import { outOption } from './credentialOptions.ts'
import { exitCodeFor, formatCredentials } from './formatCredentials.ts'

/** Tells of the credential in a folder. */
export const statusOf = (folder: string, now: Date): Promise<CredentialStatus> =>
  credentialStatus({ folder, store: heldIn(folder, processMachine()) }, now)

export const agentStatus = command({
  name: 'agent status',
  summary: 'show a credential, and what its agent does next',
  options: withVariables({ out: outOption }),
  notes:
    'Ends with 0 where the certificate is valid, with 4 where what keeps it from being so may pass, else with 3.',
  async run({ out }, { now }) {
    const statuses = [await statusOf(resolve(out), now())]
    return {
      text: formatCredentials(statuses, now()),
      json: { credentials: statuses },
      exitCode: exitCodeFor(statuses),
    }
  },
})
