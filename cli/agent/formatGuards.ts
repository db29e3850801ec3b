import type { TroubleError } from '../../client/agent/trouble.ts'
import type { GuardedServer } from '../../client/guard/guardState.ts'
import type { GuardStatus } from '../../client/guard/guardStatus.ts'
import { formatFields, formatTime } from '../commandLine/formatTable.ts'
import { field } from './formatCredentials.ts'

const errorOf = (error: TroubleError | undefined): string | undefined =>
  error && `${error.detail} (${error.code}, since ${error.since})`

const serverOf = ({ name, sessions, ended, error }: GuardedServer): string =>
  `${name}: ${errorOf(error) ?? `${sessions} sessions, ${ended} ended`}`

const listOf = ({ hasDrops, drops }: GuardStatus, now: Date): string | undefined => {
  if (hasDrops === undefined) return undefined
  if (!hasDrops) return 'not asked for: the bundle has no relying-party'
  return drops ? `${drops.sequence}, confirmed ${formatTime(new Date(drops.confirmedAt), now)}` : 'none yet'
}

const fieldsOf = (status: GuardStatus, now: Date): string => {
  const { folder, condition, at, servers = [], dropsError, issuersError, stoppedError } = status
  return formatFields([
    ['sessions by', folder],
    ['state', condition],
    ...field('last look', at && formatTime(new Date(at), now)),
    ...servers.map((server) => ['server', serverOf(server)] as const),
    ...field('drop list', listOf(status, now)),
    ...field('drop list fails', errorOf(dropsError)),
    ...field('issuers unknown', errorOf(issuersError)),
    ...field('stopped not listed', errorOf(stoppedError)),
  ])
}

/** Tells of guards, one after the other. */
export const formatGuards = (statuses: readonly GuardStatus[], now: Date): string =>
  statuses.map((status) => fieldsOf(status, now)).join('\n\n')
