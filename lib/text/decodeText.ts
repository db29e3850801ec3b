/** Makes the error to throw of a reason that follows a subject, such as "is not UTF-8". */
type Refuse = (why: string) => Error

/** Each octet as the character of its number, so that different octets are different texts. */
export const latin1 = ({ buffer, byteOffset, length }: Uint8Array): string =>
  Buffer.from(buffer, byteOffset, length).toString('latin1')

/** Tells UTF-16 by its byte order mark, or by the zeros beside two characters of ASCII. */
export const isUtf16 = (octets: Uint8Array): boolean => {
  const [a, b, c, d] = octets
  const isMarked = (a === 0xff && b === 0xfe) || (a === 0xfe && b === 0xff)
  const isLittleEndian = Boolean(a && c) && b === 0 && d === 0
  const isBigEndian = Boolean(b && d) && a === 0 && c === 0
  return isMarked || isLittleEndian || isBigEndian
}

/** Names UTF-16, which `>` of Windows PowerShell 5.1 writes, in a refusal. */
export const utf16Reason = 'is UTF-16: use Out-File -Encoding ascii'

/** Names it of a document, whose names may have letters that ASCII has not: Windows PowerShell would write "?" for them. */
export const utf16DocumentReason = 'is UTF-16: use Out-File -Encoding utf8'

/**
 * Decodes a text from outside: UTF-8, whose byte order mark is taken off (RFC 8259 section 8.1 allows that of JSON; editors
 * and Windows PowerShell write one).
 * @param refuse makes the error to throw of a reason that never contains a part of the text.
 * @param whyNotUtf16 the reason to give for UTF-16.
 */
export const decodeText = (octets: Uint8Array, refuse: Refuse, whyNotUtf16 = utf16Reason): string => {
  if (isUtf16(octets)) throw refuse(whyNotUtf16)
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(octets)
  } catch {
    throw refuse('is not UTF-8')
  }
}

/**
 * Decodes base64 as RFC 8951 section 3 wants it read: white space anywhere, padding or none, and the alphabet of
 * RFC 4648 section 4 or of section 5 (base64url, as ACME sends it).
 * @returns undefined for anything else, bits beyond the last octet included.
 */
export const decodeBase64 = (text: string): Uint8Array | undefined => {
  const compact = text.replaceAll(/[ \t\r\n\v\f]/g, '')
  const octets = Buffer.from(compact, 'base64')
  const alphabet = /[-_]/.test(compact) ? 'base64url' : 'base64'
  const digits = compact.replace(/={1,2}$/, '')
  const isWhole = digits === compact || compact.length % 4 === 0
  const canonical = octets.toString(alphabet).replace(/=+$/, '')
  return compact !== '' && isWhole && canonical === digits ? octets : undefined
}

/**
 * Decodes base64url without padding in the one spelling that octets have there (RFC 7515 section 2).
 * @returns undefined for anything else.
 */
export const decodeBase64url = (text: string): Uint8Array | undefined => {
  const octets = Buffer.from(text, 'base64url')
  return octets.toString('base64url') === text ? octets : undefined
}
