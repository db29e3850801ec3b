import { describe, expect, it } from 'vitest'
import { parseSha256 } from '../../../lib/text/parseUuid.ts'

const digest = '0123456789abcdef'.repeat(4)
const colons = digest.toUpperCase().replaceAll(/..(?!$)/g, '$&:')

describe('parseSha256()', () => {
  it.each([
    ['as we print it', digest],
    ['in upper case', digest.toUpperCase()],
    ['as openssl x509 -fingerprint prints it', `sha256 Fingerprint=${colons}\n`],
    ['as older ones did', `SHA256 Fingerprint=${colons}`],
    ['as keytool prints it', `SHA256: ${colons}`],
    ['as certutil of Windows prints it', digest.replaceAll(/..(?!$)/g, '$& ')],
  ])('reads a digest %s', (_how, text) => expect(parseSha256(text)).toBe(digest))

  it.each([
    '',
    digest.slice(1),
    `${digest}0`,
    digest.replace('0', 'g'),
    `sha1 Fingerprint=${colons}`,
    `0x${digest}`,
  ])('gives undefined for %j', (text) => expect(parseSha256(text)).toBeUndefined())
})
