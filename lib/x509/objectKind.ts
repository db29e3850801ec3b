/** Names a DER or BER object that was sent in place of another. */
export type ObjectKind =
  | 'request'
  | 'pkcs7'
  | 'cmc'
  | 'crmf'
  | 'spkac'
  | 'pfx'
  | 'privateKey'
  | 'certificate'
  | 'crl'
  | 'publicKey'
  | 'pem'

/** Names a kind in a refusal, after "it is". */
export const objectWords: Readonly<Record<ObjectKind, string>> = {
  request: 'a certification request',
  pkcs7: 'a PKCS#7 (CMC) message',
  cmc: 'a CMC message',
  crmf: 'a CRMF message',
  spkac: 'a SignedPublicKeyAndChallenge (SPKAC)',
  pfx: 'a PFX (PKCS#12) file',
  privateKey: 'a private key',
  certificate: 'a certificate',
  crl: 'a certificate revocation list, or a certificate of version 1',
  publicKey: 'a public key',
  pem: 'the base64 of PEM',
}

/**
 * How objects begin, in hexadecimal; `~` is a length, of BER too, and `#` an INTEGER of a serial number's size. The first one that fits tells: PBES1 and PBES2 before
 * other algorithms, small versions before the serial numbers of certificates that have no version.
 */
const beginnings: readonly (readonly [ObjectKind, string])[] = [
  // ContentInfo, RFC 5652 section 3, of a content type of PKCS#7.
  ['pkcs7', '30~06092a864886f70d0107'],
  // PFX, RFC 7292 section 4.
  ['pfx', '30~02010330~06092a864886f70d0107'],
  // PrivateKeyInfo and OneAsymmetricKey, RFC 5958 section 2; ECPrivateKey, RFC 5915; RSAPrivateKey, RFC 8017 appendix A.1.2.
  ['privateKey', '30~02010[01]30~06'],
  ['privateKey', '30~02010104'],
  ['privateKey', '30~02010[01]02'],
  // EncryptedPrivateKeyInfo, RFC 5958 section 3.
  ['privateKey', '30~30~06(?:092a864886f70d0105|0a2a864886f70d010c01)'],
  // What OpenSSH keeps private keys in: "openssh-key-v1".
  ['privateKey', '6f70656e7373682d6b65792d763100'],
  // SubjectPublicKeyInfo, and RSAPublicKey of RFC 8017 appendix A.1.1.
  ['publicKey', '30~30~06'],
  ['publicKey', '30~028[12]'],
  // TBSCertificate with its version, and without it: a serial number and an algorithm.
  ['certificate', '30~30~a0~02'],
  ['request', '30~30~02010[0-9]30~(?:31|30)'],
  // TBSCertList with its version, which a serial number of 1 looks like.
  ['crl', '30~30~02010130~06'],
  ['certificate', '30~30~#30~06'],
  // PKIData of CMC, RFC 5272 section 3.2.1, without controls or with one.
  ['cmc', '30~300030~a0'],
  ['cmc', '30~30~30~#06'],
  ['crmf', '30~30~30~02'],
  ['spkac', '30~30~30~30~06'],
  ['pem', '2d2d2d2d2d424547494e'],
]

const lengths = '(?:[0-7].|80|81..|82.{4}|83.{6}|84.{8})'

const integers = `02(?:${Array.from(
  { length: 21 },
  (_, index) => `${(index + 1).toString(16).padStart(2, '0')}.{${2 * index + 2}}`,
).join('|')})`

const forms = beginnings.map(
  ([kind, pattern]) =>
    [kind, new RegExp(`^${pattern.replaceAll('~', lengths).replace('#', integers)}`)] as const,
)

/** As many octets as tell what an object is. */
const enough = 64

/** Tells what an object is by its beginning; undefined for what is not known. Proves nothing: it words refusals. */
export const objectKindOf = (octets: Uint8Array): ObjectKind | undefined => {
  const beginning = Buffer.from(octets.subarray(0, enough)).toString('hex')
  return forms.find(([, form]) => form.test(beginning))?.[0]
}
