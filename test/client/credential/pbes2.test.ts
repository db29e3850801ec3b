import { createPrivateKey } from 'node:crypto'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { encodeCount, pbes2 } from '../../../client/credential/pbes2.ts'
import { encodeOctetString, encodeSequence } from '../../../lib/x509/encodeElement.ts'
import { encodePem } from '../../../lib/x509/pemBlock.ts'
import { makeKey } from '../testAuthority.ts'

const key = makeKey().export({ format: 'der', type: 'pkcs8' })
const octets16 = fc.uint8Array({ minLength: 16, maxLength: 16 })

it('pbes2() encrypts what OpenSSL decrypts with the same password, and with no other', () =>
  fc.assert(
    fc.asyncProperty(
      fc.string({ unit: 'grapheme', minLength: 1, maxLength: 100 }),
      octets16,
      octets16,
      fc.integer({ min: 1, max: 3_000 }),
      async (password, salt, iv, iterations) => {
        const { algorithm, octets } = await pbes2(key, { password, salt, iv, iterations })
        const pem = encodePem('ENCRYPTED PRIVATE KEY', encodeSequence(algorithm, encodeOctetString(octets)))
        const opened = createPrivateKey({ key: pem, passphrase: Buffer.from(password) })
        expect(opened.export({ format: 'der', type: 'pkcs8' })).toEqual(key)
        expect(() => createPrivateKey({ key: pem, passphrase: `${password}x` })).toThrow()
      },
    ),
  ))

it.each([
  [1, '020101'],
  [128, '02020080'],
  [100_000, '02030186a0'],
  [2 ** 32 - 1, '020500ffffffff'],
])('encodeCount() encodes %d minimally', (count, encoded) => {
  expect(Buffer.from(encodeCount(count)).toString('hex')).toBe(encoded)
})
