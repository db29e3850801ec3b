import type { DropUser } from '../../lib/drops/dropList.ts'
import type { DenyOutcome } from '../../lib/tenant/changeDenyList.ts'
import type { DenySubject } from '../../lib/tenant/denyEntry.ts'
import { denyFreshMilliseconds, denyStaleMilliseconds } from '../../lib/tenant/denyList.ts'
import { formatHanging, formatTime } from '../commandLine/formatTable.ts'
import { describeCertificate, subjectText, usersText } from './describeEntry.ts'
import type { Holders } from './findHolders.ts'

/** A denial, and what was found after it. */
export interface Denial extends Holders {
  readonly subject: DenySubject
  readonly until: Date | undefined
  readonly stopped: DenyOutcome
  /** The change that added users to it. */
  readonly amended: DenyOutcome
  /** Token issuers whose tokens name no device, where one is stopped. */
  readonly unconcerned: readonly string[]
}

/** The users who were found and are not on the entry, which has as many as it may. */
export const leftOut = ({
  users,
  amended: { entry },
}: Pick<Denial, 'users' | 'amended'>): readonly DropUser[] =>
  users.filter(
    ({ upn, objectId }) => !entry?.users.some((one) => one.upn === upn && one.objectId === objectId),
  )

const whatText = ({ until, stopped: { changed, number } }: Denial, now: Date): string => {
  const end = until ? formatTime(until, now) : 'it is lifted'
  return changed ? `is stopped until ${end}: change ${number}` : `was stopped until ${end} already`
}

const inForce = `no certificate is issued from ${denyFreshMilliseconds / 1000} seconds on, or ${denyStaleMilliseconds / 1000} seconds where the service cannot read its tables`

const where = "end on VPN servers that run 'mayfly agent guard'"

const sessionsText = ({ subject, amended: { changed, number, entry } }: Denial): string => {
  const users = entry?.users ?? []
  if (users.length === 0 && subject.kind === 'user') return `of the user ${where}`
  if (users.length === 0) return 'of nobody end: the ledger knows no certificate that one may last by'
  const change = changed ? `: change ${number}` : ''
  return `of ${usersText(users)} ${where}${change}`
}

const certificatesText = ({ live }: Denial): string =>
  live.length === 0 ? 'none lives now' : `${live.length}, which VPN servers accept until they end`

/** A denial as a person reads it. */
export const describeDenial = (denial: Denial, now: Date): string => {
  const { subject, live, unreadable, unconcerned } = denial
  const left = leftOut(denial).length
  return [
    formatHanging('', `${subjectText(subject)} ${whatText(denial, now)}`),
    formatHanging('in force      ', inForce),
    ...unconcerned.map((issuer) =>
      formatHanging('not stopped   ', `by tokens of ${issuer}, which name no device`),
    ),
    formatHanging('sessions      ', sessionsText(denial)),
    ...(left > 0 ? [formatHanging('NOT LISTED    ', `users: ${left}, more than the list has room for`)] : []),
    formatHanging('certificates  ', certificatesText(denial)),
    ...(unreadable > 0
      ? [formatHanging('NOT READ      ', `rows of the ledger: ${unreadable}, which may be more`)]
      : []),
    ...live.map((entry) => `\n${describeCertificate(entry, now)}`),
  ].join('\n')
}
