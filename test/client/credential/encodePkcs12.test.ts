import { createHash, createPrivateKey, X509Certificate } from 'node:crypto'
import { createSecureContext } from 'node:tls'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { softwareKeys } from '../../../client/credential/clientKey.ts'
import { encodePkcs12 } from '../../../client/credential/encodePkcs12.ts'
import { keyAlgorithms } from '../../../client/credential/keySettings.ts'
import { checkDer } from '../../../lib/x509/checkDer.ts'
import { openssl } from '../../openssl.ts'
import { makeKey, spkiOf, testAuthority } from '../testAuthority.ts'

const authority = testAuthority()
const password = 'correct horse'
const privateKey = makeKey()
const contents = {
  key: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
  certificate: authority.leaf(spkiOf(privateKey)),
  chain: [authority.issuer],
  friendlyName: 'änne@contoso.example',
}
/** Hashes seldom, for what does not depend on it. */
const quick = { iterations: 100 }
/** Leaves nothing to chance. */
const fixed = { ...quick, chance: () => new Uint8Array(16) }

const opened = (pfx: Uint8Array, ...more: readonly string[]): string =>
  openssl(['pkcs12', '-passin', `pass:${password}`, '-nodes', ...more], pfx).toString()

it.each(keyAlgorithms)(
  'a PKCS#12 file with a key of %s holds it, its certificate and the chain',
  async (kind) => {
    const key = await softwareKeys(kind).make()
    const certificate = authority.leaf(key.publicKey.export({ format: 'der', type: 'spki' }))
    const pfx = await encodePkcs12({ ...contents, key: key.pem, certificate }, password, quick)
    const open = (passphrase: string) => createSecureContext({ pfx: Buffer.from(pfx), passphrase })
    expect(() => open(password)).not.toThrow()
    expect(() => open('wrong')).toThrow(/mac verify failure/)
    expect(createPrivateKey(opened(pfx, '-nocerts')).equals(createPrivateKey(key.pem))).toBe(true)
    const certificates = opened(pfx, '-nokeys').match(/-----BEGIN[^]*?END CERTIFICATE-----\n/g)
    expect(certificates).toEqual([certificate, authority.issuer])
  },
)

describe('encodePkcs12()', () => {
  it('writes DER that says its algorithms', async () => {
    const pfx = await encodePkcs12(contents, password, { chance: fixed.chance })
    expect(() => checkDer(pfx, 12)).not.toThrow()
    const octets = Buffer.from(pfx)
    for (const told of [
      // PBES2 { PBKDF2 { salt, 100000, hmacWithSHA256 }, aes256-CBC { iv } }, RFC 8018 appendix A.
      `306006092a864886f70d01050d3053303206092a864886f70d01050c30250410${'00'.repeat(16)}02030186a0300c06082a864886f70d0209050030` +
        `1d060960864801650304012a0410${'00'.repeat(16)}`,
      // The digest of the MAC: SHA-256.
      '3031300d060960864801650304020105000420',
    ])
      expect(octets.toString('hex')).toContain(told)
    // macSalt and iterations, RFC 7292 section 4.
    expect(octets.subarray(-23).toString('hex')).toBe(`0410${'00'.repeat(16)}02030186a0`)
  })

  it('ties the key to its certificate, and to no other, by a name and an id', async () => {
    const told = opened(await encodePkcs12(contents, password, quick))
    const { raw } = new X509Certificate(contents.certificate)
    const id = createHash('sha256').update(raw).digest('hex').toUpperCase().match(/../g)?.join(' ')
    expect(told.match(/localKeyID: .*(?= \n)/g)).toEqual([`localKeyID: ${id}`, `localKeyID: ${id}`])
    expect(told.match(/friendlyName: /g)).toHaveLength(2)
  })

  it('writes the same octets by the same chance, and draws anew for each salt and iv', async () => {
    expect(await encodePkcs12(contents, password, fixed)).toEqual(
      await encodePkcs12(contents, password, fixed),
    )
    let drawn = 0
    const counted = await encodePkcs12(contents, password, {
      ...quick,
      chance: () => new Uint8Array(16).fill((drawn += 1)),
    })
    expect(drawn).toBe(5)
    for (let nth = 1; nth <= drawn; nth++)
      expect(
        Buffer.from(counted).includes(Buffer.concat([Buffer.from([4, 16]), Buffer.alloc(16, nth)])),
      ).toBe(true)
    expect(await encodePkcs12(contents, password, quick)).not.toEqual(
      await encodePkcs12(contents, password, quick),
    )
  })

  it('writes what its password opens, whatever it is, and no other', () => {
    const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 100 })
    return fc.assert(
      fc.asyncProperty(text, text, async (right, wrong) => {
        const pfx = Buffer.from(await encodePkcs12(contents, right, fixed))
        expect(() => createSecureContext({ pfx, passphrase: right })).not.toThrow()
        if (wrong === right) return
        expect(() => createSecureContext({ pfx, passphrase: wrong })).toThrow(/mac verify failure/)
      }),
    )
  })
})
