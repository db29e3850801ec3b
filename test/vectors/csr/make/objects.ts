import { devNull } from 'node:os'
import { generateKeyPairSync } from 'node:crypto'
import { derTag } from '../../../../lib/x509/derTag.ts'
import {
  encodeBitString,
  encodeContext,
  encodeElement,
  encodeNull,
  encodeOid,
  encodeSequence,
  encodeSmallInteger,
} from '../../../../lib/x509/encodeElement.ts'
import { encodeName } from '../../../../lib/x509/encodeName.ts'
import { openssl } from '../../../openssl.ts'
import { signedBy } from '../../../lib/x509/fixtures/csr.ts'
import { octets } from '../../../lib/x509/fixtures/octets.ts'
import { newEcKey, request, type Vectors } from './request.ts'

const newSpki = () =>
  generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'der', type: 'spki' })

const certificate = () =>
  openssl([
    ...`req -x509 -new -noenc -keyout ${devNull} -subj /CN=mallory -outform DER`.split(' '),
    ...'-newkey ec -pkeyopt group:P-256'.split(' '),
  ])

/** CertReqMessages of one message without proof of possession, RFC 4211 section 3. */
const crmf = () => {
  const template = encodeSequence(
    encodeContext(5, encodeName([['CN', 'mallory']])),
    encodeElement(0xa6, newSpki().subarray(2)),
  )
  return encodeSequence(encodeSequence(encodeSequence(encodeSmallInteger(1), template)))
}

/** SignedPublicKeyAndChallenge, what <keygen> of browsers sent: a request without version, names and attributes. */
const spkac = () => {
  const { spki, algorithm, signature } = signedBy(newEcKey(), 'ES256')
  const info = encodeSequence(spki, encodeElement(derTag.ia5String, Buffer.from('mayfly')))
  return encodeSequence(info, algorithm, encodeBitString(signature(info)))
}

/** The PrivateKeyInfo of the example in RFC 8410 section 10.3: everybody has it, so it may be committed. */
const publishedPrivateKey = Buffer.from(
  'MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC',
  'base64',
)

/** Things that are no certification requests. */
export const objectVectors: Vectors = {
  'csr-malformed/empty.der': () => octets(''),
  'csr-malformed/one-octet.der': () => octets('30'),
  'csr-malformed/empty-sequence.der': encodeSequence,
  'csr-malformed/outer-set.der': () => {
    const der = Uint8Array.from(request())
    der[0] = derTag.set
    return der
  },
  'csr-malformed/outer-null.der': encodeNull,
  'csr-malformed/zeros.der': () => new Uint8Array(1000),
  'csr-malformed/is-a-certificate.der': certificate,
  'csr-malformed/is-a-public-key.der': newSpki,
  'csr-malformed/is-a-private-key.der': () => publishedPrivateKey,
  'csr-malformed/is-a-crmf-message.der': crmf,
  'csr-malformed/is-a-spkac.der': spkac,
  'csr-malformed/is-a-pkcs7.der': () =>
    encodeSequence(
      encodeOid('1.2.840.113549.1.7.2'),
      encodeContext(0, encodeSequence(encodeSmallInteger(1), encodeElement(derTag.set))),
    ),
  'csr-malformed/is-json.der': () => `{"csr":"${Buffer.from(request()).toString('base64')}"}`,
  'accepted/is-pem.der': () =>
    `-----BEGIN CERTIFICATE REQUEST-----\n${Buffer.from(request()).toString('base64')}\n-----END CERTIFICATE REQUEST-----\n`,
}
