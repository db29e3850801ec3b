import { decodeDirectoryString } from './decodeDirectoryString.ts'
import type { DerElement } from './derReader.ts'
import { decodeRdns, type NamedValue } from './encodeName.ts'

/** The attribute types of names of authorities, as OpenSSL calls them. */
const shortNames: Readonly<Record<string, string>> = {
  '2.5.4.3': 'CN',
  '2.5.4.4': 'SN',
  '2.5.4.5': 'serialNumber',
  '2.5.4.6': 'C',
  '2.5.4.7': 'L',
  '2.5.4.8': 'ST',
  '2.5.4.9': 'street',
  '2.5.4.10': 'O',
  '2.5.4.11': 'OU',
  '2.5.4.12': 'title',
  '2.5.4.13': 'description',
  '2.5.4.15': 'businessCategory',
  '2.5.4.17': 'postalCode',
  '2.5.4.42': 'GN',
  '2.5.4.43': 'initials',
  '2.5.4.46': 'dnQualifier',
  '2.5.4.65': 'pseudonym',
  '2.5.4.97': 'organizationIdentifier',
  '0.9.2342.19200300.100.1.1': 'UID',
  '0.9.2342.19200300.100.1.25': 'DC',
  '1.2.840.113549.1.9.1': 'emailAddress',
}

const hex = (octet: number): string => octet.toString(16).toUpperCase().padStart(2, '0')

/** RFC 2253 section 2.4; besides, what is not printable ASCII, octet by octet of UTF-8. */
const escapeText = (text: string): string =>
  text
    .replace(/[,+"<>;\\]|^[ #]| $/g, String.raw`\$&`)
    .replace(/[^ -~]/gu, (character) =>
      Array.from(Buffer.from(character), (octet) => `\\${hex(octet)}`).join(''),
    )

const dump = ({ encoding }: DerElement): string => `#${Array.from(encoding, hex).join('')}`

const printAttribute = ({ type, value }: NamedValue): string => {
  const known = shortNames[type]
  const text = known === undefined ? undefined : decodeDirectoryString(value)
  return `${known ?? type}=${text === undefined ? dump(value) : escapeText(text)}`
}

/**
 * Prints a Name by RFC 2253 as OpenSSL does, and so nginx in `$ssl_client_i_dn`: the last RDN first.
 * @param name DER Name.
 * @returns ASCII.
 * @throws {DerError}
 */
export const printName = (name: Uint8Array): string =>
  decodeRdns(name)
    .map((attributes) => attributes.map(printAttribute).toReversed().join('+'))
    .toReversed()
    .join(',')
