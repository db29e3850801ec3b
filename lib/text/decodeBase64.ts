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
