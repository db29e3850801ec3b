import { createHmac } from 'node:crypto'
import { expect, it } from 'vitest'
import { pkcs12Mac, pkcs12MacKey } from '../../../client/credential/pkcs12Mac.ts'

/** Keys that OpenSSL derived: of the tests of RustCrypto's pkcs12, and of Perl's Crypt::OpenSSL::PKCS::Func. */
const vectors = [
  ['ge@äheim', '0102030405060708', 100, '136355ed9434516682534f46d63956db5ff06b844702c2c1f3b46321e2524a4d'],
  ['123456', 'e241f01650dbeae4', 2048, '721259f14aad70b58839f71566b433da1b8ad08f650f4d02faaa0b9b095bb51d'],
] as const

it.each(vectors)('pkcs12MacKey() derives of "%s" what OpenSSL does', (password, salt, iterations, key) => {
  const options = { password, salt: Buffer.from(salt, 'hex'), iterations }
  expect(pkcs12MacKey(options).toString('hex')).toBe(key)
  const contents = Buffer.from('contents')
  const mac = createHmac('sha256', Buffer.from(key, 'hex')).update(contents).digest()
  expect(pkcs12Mac(contents, options)).toEqual(mac)
})
