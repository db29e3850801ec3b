import type { CredentialStatus } from '../../client/agent/credentialStatus.ts'
import { exitCodes } from '../commandLine/exitCodes.ts'
import { formatFields, formatTime } from '../commandLine/formatTable.ts'

/** A line of a status, where there is something to say. */
export const field = (label: string, value: string | undefined) =>
  value === undefined ? [] : [[label, value] as const]

const clockText = (aheadSeconds: number): string | undefined =>
  aheadSeconds === 0
    ? undefined
    : `${Math.abs(aheadSeconds)} s ${aheadSeconds > 0 ? 'behind' : 'ahead of'} the service when it was asked last`

const fieldsOf = (status: CredentialStatus, now: Date): string => {
  const timeOf = (text: string | undefined) => text && formatTime(new Date(text), now)
  const { folder, state, lastError, clockAheadSeconds } = status
  return formatFields([
    ['credential', folder],
    ['state', status.whyAnother === undefined ? state : `${state}: ${status.whyAnother}`],
    ...field('serial number', status.serialNumber),
    ...field('valid until', timeOf(status.notAfter)),
    ...field('next renewal', timeOf(status.nextAt)),
    ...field('clock', clockText(clockAheadSeconds)),
    ...field('last error', lastError && `${lastError.detail} (${lastError.code}, since ${lastError.since})`),
    ...field('what to do', lastError?.remedy),
    ...field('hook', status.hookError && `failed: ${status.hookError}`),
  ])
}

/** Tells of credentials, one after the other. */
export const formatCredentials = (statuses: readonly CredentialStatus[], now: Date): string =>
  statuses.map((status) => fieldsOf(status, now)).join('\n\n')

/** Tells of each credential that is not valid whether that may pass by itself: another one is asked for unless that was refused. */
export const brokenCredentials = (statuses: readonly CredentialStatus[]): readonly boolean[] =>
  statuses
    .filter(({ state }) => state !== 'valid')
    .map(({ state, lastError }) => (lastError ? !lastError.isRefusal : state === 'foreign'))

/** How a command ends that shows what is broken, by whether each may pass: 0 where nothing is. */
export const exitCodeFor = (broken: readonly boolean[]): number => {
  if (broken.length === 0) return exitCodes.ok
  return broken.every(Boolean) ? exitCodes.tryLater : exitCodes.refused
}
