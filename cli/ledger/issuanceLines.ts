import type { IssuanceRecord, RefusalRecord } from './ledgerRecord.ts'
import { shownText } from '../../lib/terminal/shownText.ts'
import { formatHanging, shortName } from '../commandLine/formatTable.ts'

/** A time to the second; the table is in the order of milliseconds. */
const second = (time: string | null): string => (time ?? '').replace(/\.\d+Z$/, 'Z')

/** A time, a name and a text, below each other from row to row: 80 columns. */
const line = (time: string, [name, width]: readonly [string, number], rest: string): string =>
  `${`${time.padEnd(22)}${name.padEnd(width)}  ${rest}`.trimEnd()}\n`

const userWidth = 24
const codeWidth = 25

/** The lines of an issuance: when, who, which certificate; below, who signed it and for which device. */
export const issuanceLines = ({
  issuedAt,
  upn,
  serialNumber,
  issuerId,
  deviceId,
}: IssuanceRecord): string => {
  const user = shortName(shownText(upn))
  const device = deviceId === null ? 'no device' : `device ${shownText(deviceId)}`
  const first = line(second(issuedAt), [user, userWidth], shownText(serialNumber))
  return `${first}${formatHanging('  ', `${shownText(issuerId)}, ${device}`)}\n`
}

export const issuanceHeading = line('issued', ['user', userWidth], 'serial number')

/** The lines of a refusal: when, why, who; below, what the client was told. */
export const refusalLines = ({ at, code, upn, deviceId, detail, suppressed }: RefusalRecord): string => {
  const device = deviceId === null ? [] : [`device ${shownText(deviceId)}`]
  const more = suppressed === 0 ? [] : [`${suppressed} before it were not recorded`]
  const user = shortName(shownText(upn ?? '-'))
  return [
    line(second(at), [shownText(code), codeWidth], user),
    ...[shownText(detail), ...device, ...more].map((text) => `${formatHanging('  ', text)}\n`),
  ].join('')
}

export const refusalHeading = line('refused', ['code', codeWidth], 'user')
