import { catalogue } from '../../lib/errors/catalogue.ts'
import { Refusal } from '../../lib/errors/refusal.ts'
import type { IssuanceFilter } from '../../lib/ledger/search/searchIssuances.ts'
import type { RefusalFilter } from '../../lib/ledger/search/searchRefusals.ts'
import type { Period } from '../../lib/ledger/search/keptTables.ts'
import { parseUuid } from '../../lib/text/parseUuid.ts'
import { parsed, type Parse } from '../commandLine/option.ts'
import { parsePast } from '../commandLine/timeOption.ts'
import { tenantOption } from '../tenant/tenantOption.ts'

/** Reads an option that narrows a search; left empty, by a variable that is not set perhaps, it would find nothing. */
const narrowing =
  <Value>(parse: Parse<Value>): Parse<Value> =>
  (text, told) => {
    if (text !== '') return parse(text, told)
    throw new Refusal('usage-wrong', `Cannot search: --${told.option} is empty.`)
  }

/** Matches octets in hexadecimal, with colons or without. */
const serialForm = /^[0-9a-f]{2}(?::?[0-9a-f]{2}){7,19}$/i

/** Spells a serial number of at least 8 octets as the ledger does: lower-case hex; undefined for any other text. */
export const serialNumberOf = (given: string): string | undefined =>
  serialForm.test(given) ? given.replaceAll(':', '').toLowerCase() : undefined

const parseSerial = (given: string): string => {
  const serialNumber = serialNumberOf(given)
  if (serialNumber !== undefined) return serialNumber
  throw new Refusal('usage-wrong', 'Cannot search: --serial is a serial number in hexadecimal.')
}

const parseIssuer = (given: string): string => {
  if (/^issuer~\d{4,}$/.test(given)) return given
  throw new Refusal('usage-wrong', 'Cannot search: --issuer is a generation such as issuer~0001.')
}

const parseCode = (given: string): string => {
  if (Object.hasOwn(catalogue, given)) return given
  throw new Refusal('usage-wrong', 'Cannot search: --code is one of the codes of the README.')
}

/**
 * Describes the options that say which rows of a tenant are wanted.
 * @param since the beginning when nothing is said: `24h`, or everything when left out.
 */
export const searchOptions = (since?: string) => ({
  tenant: tenantOption,
  since: parsed(
    'TIME',
    `2026-03-02T10:00:00Z, 2026-03-02 or 7d ago (${since ?? 'all'})`,
    parsePast,
    since === undefined ? {} : { byDefault: since },
  ),
  until: parsed('TIME', 'before this time', parsePast),
  user: parsed(
    'UPN',
    'of this user',
    narrowing((given) => given.toLowerCase()),
  ),
  // The ledger has one spelling of device ids; a refusal may have what is none.
  device: parsed(
    'UUID',
    'of this device',
    narrowing((given) => parseUuid(given) ?? given.toLowerCase()),
  ),
})

/** Describes the options that issuances are found by. */
export const issuanceOptions = {
  serial: parsed('NUMBER', 'with this serial number, in hexadecimal', narrowing(parseSerial)),
  issuer: parsed('GENERATION', 'signed by this issuer, such as issuer~0001', narrowing(parseIssuer)),
}

/** Describes the option that refusals are found by. */
export const refusalOptions = { code: parsed('CODE', 'refused with this code', narrowing(parseCode)) }

/** Checks that a period begins before it ends. @throws {Refusal} `usage-wrong` */
export const periodOf = ({ since, until }: Period): Period => {
  if (since && until && since >= until)
    throw new Refusal('usage-wrong', 'Cannot search: --since is not before --until.')
  return { since, until }
}

type Text = string | undefined

/** Says which issuances are wanted. */
export const issuanceFilter = (
  given: Readonly<Record<'user' | 'device' | 'serial' | 'issuer', Text>>,
): IssuanceFilter => ({
  upn: given.user,
  deviceId: given.device,
  serialNumber: given.serial,
  issuerId: given.issuer,
})

/** Says which refusals are wanted. */
export const refusalFilter = (given: Readonly<Record<'user' | 'device' | 'code', Text>>): RefusalFilter => ({
  upn: given.user,
  deviceId: given.device,
  code: given.code,
})
