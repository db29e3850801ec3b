/** Takes what programs print before a digest: `sha256 Fingerprint=` of openssl, `SHA-256:` of others. */
const name = /^sha-?256(?: fingerprint)?\s*[=:]\s*/i

/**
 * Parses a SHA-256 digest as any program prints it: in upper or lower case, with colons or spaces or without.
 * @returns 64 lower-case hexadecimal digits; undefined for anything else.
 */
export const parseSha256 = (text: string): string | undefined => {
  const digits = text.trim().replace(name, '').replaceAll(/[:\s]/g, '').toLowerCase()
  return /^[\da-f]{64}$/.test(digits) ? digits : undefined
}
