import { generateKeyPairSync } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { verifyCsr } from '../../../lib/x509/verifyCsr.ts'
import { decodeCsr } from '../../../lib/x509/decodeCsr.ts'
import { encodePem } from '../../../lib/x509/pemBlock.ts'
import { openssl } from '../../openssl.ts'
import { assembleCsr, signedBy } from './fixtures/csr.ts'
import { hex } from './fixtures/octets.ts'

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const der = assembleCsr(signedBy(privateKey, 'ES256'))
const pem = encodePem('CERTIFICATE REQUEST', der)
const base64 = Buffer.from(der).toString('base64')
const shouted = pem.replaceAll('CERTIFICATE', 'NEW CERTIFICATE')

describe('decodeCsr() tells by the octets, and reads', () => {
  it.each([
    ['PEM', pem],
    ["PEM of Microsoft's label", shouted],
    ['PEM after a byte order mark', `\uFEFF${pem}`],
    ['PEM that a C program ended with NUL', `${pem}\0`],
    ['PEM within text that is not ASCII', `0 Größe: ü\n${pem}Zoë`],
    ['base64', base64],
    ['base64 in lines after a byte order mark', `\uFEFF${base64.replaceAll(/.{64}/g, '$&\r\n')}`],
    ['base64url', Buffer.from(der).toString('base64url')],
    ['DER', der],
    ['the shortest DER there is', assembleCsr(signedBy(generateKeyPairSync('ed25519').privateKey, 'EdDSA'))],
  ])('%s', (_name, body) => {
    const octets = Buffer.from(body)
    expect(hex(verifyCsr(decodeCsr(octets)).publicKey.spki)).toMatch(/^30/)
    if (typeof body === 'string') expect(hex(decodeCsr(octets))).toBe(hex(der))
  })
})

describe('decodeCsr() refuses text', () => {
  const key = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString()
  const sent =
    /: a private key was sent, which is no longer secret: make a new one, and send its request alone\.$/

  it.each([
    ['that is empty', '', /: it is empty\.$/],
    ['that is white space', ' \r\n', /: it is empty\.$/],
    ['of two requests', pem + pem, /: it has 2 PEM objects: send one request alone\.$/],
    ['beside a public key', encodePem('PUBLIC KEY', der) + pem, /: it has 2 PEM objects/],
    ['of another label', encodePem('X', der), /: its label is not CERTIFICATE REQUEST or NEW /],
    ['that is cut', pem.slice(0, 99), /: a PEM object of it is broken or cut short\.$/],
    [
      'of escaped lines',
      pem.replaceAll('\n', String.raw`\r\n`),
      /: it has a backslash and n in place of line/,
    ],
    ['of escaped base64', `${base64.slice(0, 64)}\\n${base64.slice(64)}`, /: it has a backslash and n/],
    ['in UTF-16', Buffer.from(`\uFEFF${pem}`, 'utf16le'), /: it is UTF-16: use Out-File -Encoding ascii\.$/],
    ['in UTF-16 without a mark', Buffer.from(pem, 'utf16le').swap16(), /: it is UTF-16/],
    ['of a form', `csr=${encodeURIComponent(pem)}`, /: it is encoded as a form/],
    ['that is JSON around PEM', JSON.stringify({ csr: pem }), /: it is JSON\.$/],
    ['that is JSON', JSON.stringify({ csr: pem.replaceAll('-', '') }), /: it is JSON\.$/],
    ['that is hexadecimal', hex(der), /: it is hexadecimal\.$/],
    ['that is a list of numbers', [...der].join('\r\n'), /: it is a list of numbers\.$/],
    ['that was octets', Buffer.from(der).toString('utf8'), /: it is DER that was converted as text: send/],
    ['that was octets too', Buffer.from(der).toString('latin1'), /: it is DER that was converted as text/],
    ['that is base64 of PEM', Buffer.from(pem).toString('base64'), /: it is the base64 of PEM; send the PEM/],
    ['of an OpenSSH key', 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5 x', /: it is an OpenSSH public key\.$/],
    ['that is a token', 'eyJhbGciOiJFUzI1NiJ9.e30.AA', /: it is a token\.$/],
    ['that is a page', '<!DOCTYPE html>', /: it is HTML or XML\.$/],
    ['with a private key before it', key + pem, sent],
    ['with a private key of SEC 1 behind it', pem + encodePem('EC PRIVATE KEY', der), sent],
    ['with a private key of OpenSSH', encodePem('OPENSSH PRIVATE KEY', der) + pem, sent],
    ['with a private key, in UTF-16', Buffer.from(pem + key, 'utf16le'), sent],
    ['with a private key, of escaped lines', (pem + key).replaceAll('\n', '\\n'), sent],
    ['with a private key that is cut', pem + key.slice(0, 40), sent],
    ['that is base64 of a private key as PEM', Buffer.from(key).toString('base64'), sent],
    ['that is a private JWK', JSON.stringify(privateKey.export({ format: 'jwk' })), sent],
    ['that is a private key of PuTTY', 'PuTTY-User-Key-File-3: ssh-ed25519\n', sent],
  ])('%s', (_what, body, detail) =>
    expect(() => verifyCsr(decodeCsr(Buffer.from(body)))).toRefuse('csr-malformed', detail),
  )
})

describe('verifyCsr() names what was sent in place of a request', () => {
  let folder = ''
  let certificate: Uint8Array
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mayfly-test-'))
    writeFileSync(join(folder, 'key'), rsa.privateKey.export({ format: 'pem', type: 'pkcs8' }))
    certificate = made('req -x509 -new -key key -subj /CN=x -outform DER')
    writeFileSync(join(folder, 'certificate'), encodePem('CERTIFICATE', certificate))
    writeFileSync(join(folder, 'request'), encodePem('CERTIFICATE REQUEST', der))
  })

  afterAll(() => rm(folder, { recursive: true }))

  /** What openssl makes of the files. */
  const made = (command: string): Uint8Array =>
    openssl(
      command
        .split(' ')
        .map((word) => (/^(key|certificate|request)$/.test(word) ? join(folder, word) : word)),
    )

  /** Without entries, as `openssl ca -gencrl` writes one: version 2, algorithm, issuer, time. */
  const crl = Buffer.from('3020301b020101300506032b65703000170d3236313132383030303030305a030100', 'hex')
  const aKey = /: a private key was sent/
  const pkcs7 = /: it is a PKCS#7 \(CMC\) message; send the PKCS#10 inside\.$/
  it.each([
    ['a certificate', () => certificate, /: it is a certificate\.$/],
    [
      'a certificate without extensions',
      () => made('x509 -req -in request -signkey key -outform DER'),
      /: it is a/,
    ],
    ['a CRL', () => crl, /: it is a certificate revocation list, or a certificate of version 1\.$/],
    ['certificates', () => made('crl2pkcs7 -nocrl -certfile certificate -outform DER'), pkcs7],
    [
      'a signed message',
      () => made('cms -sign -in request -signer certificate -inkey key -outform DER'),
      pkcs7,
    ],
    [
      'the same of BER',
      () => made('cms -sign -stream -in request -signer certificate -inkey key -outform DER'),
      pkcs7,
    ],
    ['a PFX file', () => made('pkcs12 -export -in certificate -inkey key -passout pass:x'), aKey],
    ['a public key', () => publicKey.export({ format: 'der', type: 'spki' }), /: it is a public key\.$/],
    [
      'an RSA public key',
      () => rsa.publicKey.export({ format: 'der', type: 'pkcs1' }),
      /: it is a public key\.$/,
    ],
    ['PKCS#8', () => privateKey.export({ format: 'der', type: 'pkcs8' }), aKey],
    ['a key of SEC 1', () => privateKey.export({ format: 'der', type: 'sec1' }), aKey],
    ['an RSA key of PKCS#1', () => rsa.privateKey.export({ format: 'der', type: 'pkcs1' }), aKey],
    ['an encrypted key', () => made('pkcs8 -topk8 -in key -passout pass:x -outform DER'), aKey],
    [
      'one of PKCS#12',
      () => made('pkcs8 -topk8 -v1 PBE-SHA1-3DES -in key -passout pass:x -outform DER'),
      aKey,
    ],
  ])('%s, as DER, base64 and PEM', (_what, make, detail) => {
    const object = make()
    for (const body of [object, Buffer.from(Buffer.from(object).toString('base64'))])
      expect(() => verifyCsr(decodeCsr(body))).toRefuse('csr-malformed', detail)
    for (const label of ['SOMETHING', 'NEW CERTIFICATE REQUEST'])
      expect(() => verifyCsr(decodeCsr(Buffer.from(encodePem(label, object))))).toRefuse(
        'csr-malformed',
        detail,
      )
  })
})
