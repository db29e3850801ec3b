import { generateKeyPairSync } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createSecureContext } from 'node:tls'
import { describe, expect, it } from 'vitest'
import { readAuthorities, readInput, readInputCertificates } from '../../../lib/files/readInput.ts'
import { encodePem } from '../../../lib/x509/pemBlock.ts'
import { encodeCertsOnly } from '../../../lib/x509/encodeCertsOnly.ts'
import { corpusCertificates } from '../x509/fixtures/corpus.ts'
import { hex } from '../x509/fixtures/octets.ts'
import { temporaryFolder } from '../../local/temporaryFolder.ts'

const [der = new Uint8Array(), other = der] = corpusCertificates
const pem = encodePem('CERTIFICATE', der)
const { privateKey, publicKey } = generateKeyPairSync('ed25519')
const key = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString()

const fileOf = async (content: string | Uint8Array): Promise<string> => {
  const file = join(await temporaryFolder(), 'input')
  await writeFile(file, content)
  return file
}

describe('readInputCertificates() and readAuthorities()', () => {
  it.each([
    ['PEM', pem, [der]],
    ['PEM after a byte order mark', `\uFEFF${pem}`, [der]],
    ['PEM with CR alone', pem.replaceAll('\n', '\r'), [der]],
    [
      'a chain with text and a key',
      `subject=x\n${pem}${key}${encodePem('X509 CERTIFICATE', other)}`,
      [der, other],
    ],
    ['DER', der, [der]],
    ['base64', Buffer.from(der).toString('base64'), [der]],
  ])('read %s', async (_what, content, expected) => {
    const file = await fileOf(content)
    expect(readInputCertificates(file).map(hex)).toEqual(expected.map(hex))
    expect(readAuthorities(file)).toBe(expected.map((one) => encodePem('CERTIFICATE', one)).join(''))
    expect(() => createSecureContext({ ca: readAuthorities(file) })).not.toThrow()
  })

  it.each([
    ['a certificate that is cut', pem.slice(0, 90), /: it is cut short or broken\.$/],
    ['a private key', key, /: it is a private key\.$/],
    ['a public key', publicKey.export({ format: 'der', type: 'spki' }), /: it is a public key\.$/],
    ['certificates as PKCS#7', encodeCertsOnly([der]), /: it is a PKCS#7 \(CMC\) message\.$/],
    ['UTF-16', Buffer.from(`\uFEFF${pem}`, 'utf16le'), /: it is UTF-16: use Out-File -Encoding ascii\.$/],
    ['another label', encodePem('X', der), /: the label of its PEM is not CERTIFICATE\.$/],
    ['nothing', '', /: it is empty\.$/],
  ])('name %s, and the file', async (_what, content, detail) => {
    const file = await fileOf(content)
    expect(() => readAuthorities(file)).toRefuse('certificate-malformed', detail)
    expect(() => readAuthorities(file)).toRefuse(
      'certificate-malformed',
      /^Cannot read \/.*input: Cannot read a/,
    )
  })
})

describe('readInput()', () => {
  it('tells which file it cannot read, and why', () => {
    expect(() => readInput('/nonexistent')).toRefuse('usage-wrong', /^Cannot read \/nonexistent: ENOENT\.$/)
  })
})
