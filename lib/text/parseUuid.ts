/** Takes what programs write around a UUID: .NET's formats B and P, the Windows registry, RFC 9562 section 4. */
const wrappings = [/^\{([^}]*)\}$/, /^\(([^)]*)\)$/, /^urn:uuid:(.*)$/i]

/** All hyphens or none. */
const uuid = /^([\da-f]{8})(-?)([\da-f]{4})\2([\da-f]{4})\2([\da-f]{4})\2([\da-f]{12})$/i

/**
 * Reads a UUID in any spelling that programs use: in any case, with hyphens or without, in braces or parentheses, or as URN.
 * @returns the one spelling that is stored and compared: lower case, with hyphens; undefined for what is no UUID.
 */
export const parseUuid = (text: string): string | undefined => {
  const trimmed = text.trim()
  const [inner = trimmed] = wrappings.flatMap((wrapping) => wrapping.exec(trimmed)?.slice(1) ?? [])
  const [, first, , ...others] = uuid.exec(inner) ?? []
  return first === undefined ? undefined : [first, ...others].join('-').toLowerCase()
}

/** Stands where a program has no name for something, RFC 9562 section 5.9. */
export const nilUuid = '00000000-0000-0000-0000-000000000000'

/** Takes what programs print before a digest: `sha256 Fingerprint=` of openssl, `SHA-256:` of others. */
const digestName = /^sha-?256(?: fingerprint)?\s*[=:]\s*/i

/**
 * Parses a SHA-256 digest as any program prints it: in upper or lower case, with colons or spaces or without.
 * @returns 64 lower-case hexadecimal digits; undefined for anything else.
 */
export const parseSha256 = (text: string): string | undefined => {
  const digits = text.trim().replace(digestName, '').replaceAll(/[:\s]/g, '').toLowerCase()
  return /^[\da-f]{64}$/.test(digits) ? digits : undefined
}
