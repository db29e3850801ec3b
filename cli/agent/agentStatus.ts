import { resolve } from 'node:path'
import { type CredentialStatus, credentialStatus } from '../../client/agent/credentialStatus.ts'
import { heldIn } from '../../client/store/heldIn.ts'
import { processMachine } from '../client/credentialFolderOf.ts'
import { command } from '../commandLine/command.ts'
import { exitCodes } from '../commandLine/exitCodes.ts'
import { formatFields, formatTime } from '../commandLine/formatTable.ts'
import { withVariables } from '../commandLine/withVariables.ts'
import { outOption } from './credentialOptions.ts'

const field = (label: string, value: string | undefined) =>
  value === undefined ? [] : [[label, value] as const]

const fieldsOf = (status: CredentialStatus, now: Date): string => {
  const timeOf = (text: string | undefined) => text && formatTime(new Date(text), now)
  const { folder, state, lastError, clockAheadSeconds } = status
  return formatFields([
    ['credential', folder],
    ['state', state],
    ...field('serial number', status.serialNumber),
    ...field('valid until', timeOf(status.notAfter)),
    ...field('next renewal', timeOf(status.nextAt)),
    ...field('clock', clockAheadSeconds === 0 ? undefined : `${clockAheadSeconds} s behind the service`),
    ...field('last error', lastError && `${lastError.detail} (${lastError.code}, since ${lastError.since})`),
    ...field('what to do', lastError?.remedy),
    ...field('hook', status.hookError && `failed: ${status.hookError}`),
  ])
}

/** Tells of credentials, one after the other. */
export const formatStatus = (statuses: readonly CredentialStatus[], now: Date): string =>
  statuses.map((status) => fieldsOf(status, now)).join('\n\n')

/** Tells of the credential in a folder. */
export const statusOf = (folder: string, now: Date): Promise<CredentialStatus> =>
  credentialStatus(folder, now, heldIn(folder, processMachine()))

/** 0 when all are valid; else as the last error of one that is not ends a command. */
export const exitCodeFor = (statuses: readonly CredentialStatus[]): number => {
  const broken = statuses.filter(({ state }) => state !== 'valid')
  if (broken.length === 0) return exitCodes.ok
  return broken.every(({ lastError }) => lastError && !lastError.isRefusal)
    ? exitCodes.tryLater
    : exitCodes.refused
}

export const agentStatus = command({
  name: 'agent status',
  summary: 'show a credential, and what its agent does next',
  options: withVariables({ out: outOption }),
  notes:
    'Ends with 0 where the certificate is valid, with 4 where what keeps it from being so may pass, else with 3.',
  async run({ out }, { now }) {
    const statuses = [await statusOf(resolve(out), now())]
    return {
      text: formatStatus(statuses, now()),
      json: { credentials: statuses },
      exitCode: exitCodeFor(statuses),
    }
  },
})
