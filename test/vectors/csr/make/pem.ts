import { encodePem } from '../../../../lib/x509/pemBlock.ts'
import { request, type Vectors } from './request.ts'

const label = 'CERTIFICATE REQUEST'
const pem = () => encodePem(label, request())
const base64 = () => Buffer.from(request()).toString('base64')
const crlf = (text: string) => text.replaceAll('\n', '\r\n')
const framed = (body: string, end = label) => `-----BEGIN ${label}-----\n${body}\n-----END ${end}-----\n`
const inLines = (text: string, width: number) => text.replaceAll(new RegExp(`.{${width}}`, 'g'), '$&\n')

/** The base64 of a request whose length leaves padding: another signature is made until one does. */
const paddedBase64 = (): string => {
  const text = base64()
  return text.endsWith('==') ? text : paddedBase64()
}

const digitAfter: Readonly<Record<string, string>> = { A: 'B', Q: 'R', g: 'h', w: 'x' }

/** The last digit before the padding stands for two bits of the request and four that must be zero: one is set. */
const trailingBits = () => paddedBase64().replace(/(.)==$/, (_end, digit: string) => `${digitAfter[digit]}==`)

const bom = (octets: readonly number[], text: string, encoding: BufferEncoding = 'utf8') =>
  Buffer.concat([Uint8Array.from(octets), Buffer.from(text, encoding)])

/** Good requests in a frame that is wrong, or right in an unusual way. */
export const pemVectors: Vectors = {
  'csr-malformed/empty.pem': () => '',
  'csr-malformed/pem-white-space-alone.pem': () => '\r\n \n',
  'csr-malformed/pem-two-objects.pem': () => pem() + pem(),
  'csr-malformed/pem-with-certificate-behind.pem': () => pem() + encodePem('CERTIFICATE', request()),
  'csr-malformed/pem-label-certificate.pem': () => encodePem('CERTIFICATE', request()),
  'csr-malformed/pem-label-private-key.pem': () => encodePem('PRIVATE KEY', request()),
  'csr-malformed/pem-label-in-lower-case.pem': () => encodePem('certificate request', request()),
  'csr-malformed/pem-label-missing.pem': () => encodePem('', request()),
  'csr-malformed/pem-labels-differ.pem': () => framed(base64(), 'NEW CERTIFICATE REQUEST'),
  'accepted/pem-text-before.pem': () => `Certificate Request:\n    Version: 1 (0x0)\n${pem()}`,
  'accepted/pem-text-after.pem': () => `${pem()}# mallory's laptop\n`,
  'csr-malformed/pem-begin-missing.pem': () => pem().replace(/^.*\n/, ''),
  'csr-malformed/pem-end-missing.pem': () => pem().replace(/-----END.*\n$/, ''),
  'csr-malformed/pem-cut.pem': () => pem().slice(0, 150),
  'csr-malformed/pem-empty-object.pem': () => framed(''),
  'csr-malformed/pem-headers.pem': () =>
    framed(`Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\n${base64()}`),
  'csr-malformed/pem-four-dashes.pem': () => pem().replaceAll('-----', '----'),
  'accepted/pem-carriage-returns-alone.pem': () => pem().replaceAll('\n', '\r'),
  'accepted/pem-in-one-line.pem': () => pem().replaceAll('\n', ''),
  'accepted/pem-bom-utf8.pem': () => bom([0xef, 0xbb, 0xbf], pem()),
  'csr-malformed/pem-bom-utf16.pem': () => bom([0xff, 0xfe], pem(), 'utf16le'),
  'accepted/pem-with-nul.pem': () => pem().replace(/\n$/, '\0'),
  'csr-malformed/pem-quoted.pem': () => pem().replaceAll(/^/gm, '> '),
  'csr-malformed/pem-escaped-line-ends.pem': () => pem().replaceAll('\n', String.raw`\n`),
  'csr-malformed/pem-base64-junk.pem': () => framed(inLines(base64().replace(/^.{20}/, '$&*'), 64)),
  'accepted/pem-base64-with-spaces.pem': () => framed(base64().replaceAll(/.{64}/g, '$& ')),
  'accepted/pem-base64url.pem': () => framed(Buffer.from(request()).toString('base64url')),
  'accepted/pem-base64-without-padding.pem': () => framed(inLines(paddedBase64().replaceAll('=', ''), 64)),
  'csr-malformed/pem-base64-padding-in-the-middle.pem': () => framed(base64().replace(/^.{20}/, '$&====')),
  'csr-malformed/pem-base64-trailing-bits.pem': () => framed(inLines(trailingBits(), 64)),
  'csr-malformed/pem-base64-digit-dropped.pem': () => framed(base64().replace(/^(.{20})./, '$1')),
  'csr-malformed/pem-base64-of-text.pem': () => framed(Buffer.from('nothing of the kind').toString('base64')),
  'csr-malformed/empty.b64': () => '',
  'csr-malformed/base64-junk.b64': () => base64().replace(/^.{20}/, '$&*'),
  'accepted/base64-without-padding.b64': () => paddedBase64().replaceAll('=', ''),
  'csr-malformed/base64-trailing-bits.b64': trailingBits,
  'accepted/base64-url-alphabet.b64': () => Buffer.from(request()).toString('base64url'),
  'csr-malformed/base64-twice.b64': () => Buffer.from(base64()).toString('base64'),
  'csr-malformed/base64-of-pem.b64': () => Buffer.from(pem()).toString('base64'),
  'csr-malformed/base64-hexadecimal.b64': () => Buffer.from(request()).toString('hex'),
  'csr-malformed/base64-data-url.b64': () => `data:application/pkcs10;base64,${base64()}`,
  'accepted/pem.pem': pem,
  'accepted/pem-crlf.pem': () => crlf(pem()),
  'accepted/pem-label-new.pem': () => encodePem('NEW CERTIFICATE REQUEST', request()),
  'accepted/pem-odd-line-width.pem': () => framed(inLines(base64(), 61)),
  'accepted/pem-one-long-line.pem': () => framed(base64()),
  'accepted/pem-without-last-line-end.pem': () => pem().trimEnd(),
  'accepted/pem-white-space-around.pem': () => `\r\n\t ${pem()}\n \r\n`,
  'accepted/base64.b64': base64,
  'accepted/base64-lines-of-76.b64': () => crlf(inLines(base64(), 76)),
}
