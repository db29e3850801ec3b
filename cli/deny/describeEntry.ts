import type { DropUser } from '../../lib/drops/dropList.ts'
import type { Entry } from '../../lib/ledger/record/entry.ts'
import { actorText } from '../../lib/tenant/actor.ts'
import { type DenyEntry, type DenySubject, hasEnded } from '../../lib/tenant/denyEntry.ts'
import type { DenyChange } from '../../lib/tenant/denyHistory.ts'
import { certificateDigest } from '../../lib/x509/certificate.ts'
import { shownText } from '../../lib/terminal/shownText.ts'
import { formatFields, formatHanging, formatTime } from '../commandLine/formatTable.ts'

/** A subject as a person reads it. Whoever writes to tables by other means may have chosen its characters. */
export const subjectText = ({ kind, value }: DenySubject): string => `${kind} ${shownText(value)}`

/** Users as a person reads them: by the names that VPN servers show. */
export const usersText = (users: readonly DropUser[]): string =>
  users
    .map(({ upn, objectId }) => shownText(objectId === undefined ? upn : `${upn} (${objectId})`))
    .join(', ')

const usersLine = (users: readonly DropUser[]) =>
  users.length === 0 ? [] : [['users', usersText(users)] as const]

/** Users as a program reads them. */
export const usersJson = (users: readonly DropUser[]) =>
  users.map(({ upn, objectId = null }) => ({ upn, objectId }))

const lead = '  until   '

const untilText = (entry: DenyEntry, now: Date): string => {
  if (!entry.until) return 'it is lifted'
  const time = formatTime(entry.until, now)
  return hasEnded(entry, now) ? `${time}: ended` : time
}

const lines = (fields: readonly (readonly [label: string, value: string])[]): readonly string[] =>
  fields.map(([label, value]) => formatHanging(`  ${label}`.padEnd(lead.length), shownText(value)))

/** An entry as a person reads it. */
export const describeEntry = (entry: DenyEntry, now: Date): string =>
  [
    subjectText(entry),
    ...lines([
      ['until', untilText(entry, now)],
      ['since', `${formatTime(entry.at, now)} by ${actorText(entry.by)}, change ${entry.number}`],
      ['reason', entry.reason],
      ...usersLine(entry.users),
    ]),
  ].join('\n')

/** A change as a person reads it. */
export const describeChange = (change: DenyChange, now: Date): string =>
  [
    `${change.number}  ${change.action} ${subjectText(change)}`,
    ...lines([
      ...(change.action === 'deny' ? [['until', untilText(change, now)] as const] : []),
      ...(change.action === 'amend' ? usersLine(change.users) : []),
      ['at', `${formatTime(change.at, now)} by ${actorText(change.by)}`],
      ['reason', change.reason === '' ? '(none given)' : change.reason],
    ]),
  ].join('\n')

/** An entry as a program reads it. */
export const entryJson = (entry: DenyEntry, now: Date) => ({
  kind: entry.kind,
  value: entry.value,
  reason: entry.reason,
  until: entry.until?.toISOString() ?? null,
  ended: hasEnded(entry, now),
  users: usersJson(entry.users),
  at: entry.at.toISOString(),
  by: actorText(entry.by),
  actor: entry.by,
  change: entry.number,
})

/** A change as a program reads it. */
export const changeJson = ({ number, action, kind, value, reason, until, at, by, users }: DenyChange) => ({
  change: number,
  action,
  kind,
  value,
  reason,
  until: until?.toISOString() ?? null,
  users: usersJson(users),
  at: at.toISOString(),
  by: actorText(by),
  actor: by,
})

/** A live certificate as a person reads it. */
export const describeCertificate = (entry: Entry, now: Date): string =>
  formatFields([
    ['serial number', shownText(entry.serialNumber)],
    ['  until', formatTime(entry.notAfter, now)],
    ['  user', shownText(entry.upn)],
    ['  device', entry.deviceId === '' ? '(not named)' : shownText(entry.deviceId)],
    ['  key', shownText(entry.keyHash)],
  ])

/** A live certificate as a program reads it, such as a guard on a VPN server. */
export const certificateJson = (entry: Entry) => ({
  serialNumber: entry.serialNumber,
  sha256: certificateDigest(entry.certificate),
  upn: entry.upn,
  deviceId: entry.deviceId === '' ? null : entry.deviceId,
  keyHash: entry.keyHash,
  notBefore: entry.notBefore.toISOString(),
  notAfter: entry.notAfter.toISOString(),
})
