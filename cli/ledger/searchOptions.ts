import { catalogue } from '../../lib/errors/catalogue.ts'
import { Refusal } from '../../lib/errors/refusal.ts'
import type { IssuanceFilter } from '../../lib/ledger/search/searchIssuances.ts'
import type { RefusalFilter } from '../../lib/ledger/search/searchRefusals.ts'
import type { Period } from '../../lib/ledger/search/keptTables.ts'
import { parseUuid } from '../../lib/text/parseUuid.ts'
import type { OptionValues } from '../commandLine/command.ts'
import { parsePast } from '../commandLine/timeOption.ts'
import { optionalOption } from '../commandLine/requiredOption.ts'

const text = { type: 'string' } as const

/** Says which rows of a tenant are wanted. */
export const searchOptions = { tenant: text, since: text, until: text, user: text, device: text } as const

/** Helps with them, but for the tenant and since when. */
export const searchHelp = `--until TIME           before this time
--user UPN             of this user
--device UUID          of this device`

/**
 * Reads `--since` and `--until`, which may be times, UTC dates or durations before now.
 * @param byDefault the beginning without `--since`, as the option would say it; everything without it.
 * @throws {Refusal} `usage-wrong`
 */
export const periodOf = (values: OptionValues, now: Date, byDefault?: string): Period => {
  const timeOf = (option: string, otherwise?: string) => {
    const given = optionalOption(values, option) ?? otherwise
    return given === undefined ? undefined : parsePast(given, { option, now })
  }
  const period = { since: timeOf('since', byDefault), until: timeOf('until') }
  if (period.since && period.until && period.since >= period.until)
    throw new Refusal('usage-wrong', 'Cannot search: --since is not before --until.')
  return period
}

/** Reads an option that narrows a search; left empty, by a variable that is not set perhaps, it would find nothing. */
const narrowing = (values: OptionValues, name: string): string | undefined => {
  const value = optionalOption(values, name)
  if (value === '') throw new Refusal('usage-wrong', `Cannot search: --${name} is empty.`)
  return value
}

/** Spells a device id as the ledger does; a refusal may have what is none. */
const deviceOption = (values: OptionValues): string | undefined => {
  const given = narrowing(values, 'device')
  return given === undefined ? undefined : (parseUuid(given) ?? given.toLowerCase())
}

const who = (values: OptionValues) => ({
  upn: narrowing(values, 'user')?.toLowerCase(),
  deviceId: deviceOption(values),
})

/** Matches octets in hexadecimal, with colons or without. */
const serialForm = /^[0-9a-f]{2}(?::?[0-9a-f]{2}){7,19}$/i

/** Spells a serial number of at least 8 octets as the ledger does: lower-case hex; undefined for any other text. */
export const serialNumberOf = (given: string): string | undefined =>
  serialForm.test(given) ? given.replaceAll(':', '').toLowerCase() : undefined

const serialOption = (values: OptionValues): string | undefined => {
  const given = narrowing(values, 'serial')
  if (given === undefined) return undefined
  const serialNumber = serialNumberOf(given)
  if (serialNumber !== undefined) return serialNumber
  throw new Refusal('usage-wrong', 'Cannot search: --serial is a serial number in hexadecimal.')
}

const issuerOption = (values: OptionValues): string | undefined => {
  const given = narrowing(values, 'issuer')
  if (given === undefined || /^issuer~\d{4,}$/.test(given)) return given
  throw new Refusal('usage-wrong', 'Cannot search: --issuer is a generation such as issuer~0001.')
}

/** Reads `--user`, `--device`, `--serial` and `--issuer`. @throws {Refusal} `usage-wrong` */
export const issuanceFilter = (values: OptionValues): IssuanceFilter => ({
  ...who(values),
  serialNumber: serialOption(values),
  issuerId: issuerOption(values),
})

/** Reads `--user`, `--device` and `--code`. @throws {Refusal} `usage-wrong` */
export const refusalFilter = (values: OptionValues): RefusalFilter => {
  const code = narrowing(values, 'code')
  if (code === undefined || Object.hasOwn(catalogue, code)) return { ...who(values), code }
  throw new Refusal('usage-wrong', 'Cannot search: --code is one of the codes of the README.')
}
