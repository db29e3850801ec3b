import { createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { encodeBitString, encodeSequence, encodeUtf8String } from '../../../../lib/x509/encodeElement.ts'
import { DerReader } from '../../../../lib/x509/derReader.ts'
import { derTag } from '../../../../lib/x509/derTag.ts'
import { encodeName } from '../../../../lib/x509/encodeName.ts'
import { signatureAlgorithms } from '../../../../lib/x509/signatureAlgorithm.ts'
import { assembleCsr, rsaSpki, signedBy } from '../../../lib/x509/fixtures/csr.ts'
import { bigEndian, numberOf, octets } from '../../../lib/x509/fixtures/octets.ts'
import {
  attribute,
  attributeType,
  flipped,
  integer,
  newEcKey,
  replaced,
  request,
  requestWith,
  subject,
  type Vectors,
} from './request.ts'
import {
  digestInfo,
  newRsaNumbers,
  octetLength,
  padded,
  rawSign,
  type RsaNumbers,
  signWith,
} from './rsaNumbers.ts'

const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n
const ed25519Order = 2n ** 252n + 27_742_317_777_372_353_535_851_937_790_883_648_493n

const newEd25519Key = () => generateKeyPairSync('ed25519').privateKey

/** A P-256 request whose good signature is written another way. */
const ecdsa = (write: (r: bigint, s: bigint, value: Uint8Array) => Uint8Array) => () => {
  const key = newEcKey()
  const members = signedBy(key, 'ES256')
  return assembleCsr({
    subject,
    ...members,
    signature: (info) => {
      const value = members.signature(info)
      const numbers = new DerReader(value).enter(derTag.sequence)
      return write(numberOf(numbers.readInteger()), numberOf(numbers.readInteger()), value)
    },
  })
}

const positive = (value: bigint) => {
  const magnitude = bigEndian(value)
  return integer(octets((magnitude[0] ?? 0) >= 0x80 ? '00' : ''), magnitude)
}

/** An RSA-2048 request whose signature is made with the key, one way or another. */
const rsa = (write: (key: RsaNumbers, info: Uint8Array) => Uint8Array) => () => {
  const key = newRsaNumbers(2048)
  return assembleCsr({
    subject,
    spki: rsaSpki(bigEndian(key.modulus), bigEndian(key.exponent)),
    algorithm: signatureAlgorithms.RS256.identifier,
    signature: (info) => write(key, info),
  })
}

const ed25519 = (write: (value: Uint8Array) => Uint8Array) => () => {
  const members = signedBy(newEd25519Key(), 'EdDSA')
  return assembleCsr({ subject, ...members, signature: (info) => write(members.signature(info)) })
}

const reversed = (value: Uint8Array) => Uint8Array.from(value).toReversed()

/** S + L in the place of S, which RFC 8032 section 5.1.7 refuses: a second signature anybody can make of one. */
const malleated = (value: Uint8Array) => {
  const s = numberOf(reversed(value.subarray(32))) + ed25519Order
  return Buffer.concat([value.subarray(0, 32), reversed(bigEndian(s, 32))])
}

/** An RSA signature that begins with a zero octet, without it: names are tried until one does. */
const shortened = () => {
  const key = newRsaNumbers(2048)
  for (let attempt = 0; ; attempt++) {
    const tried = { first: 1 }
    const der = assembleCsr({
      subject: encodeName([['CN', `mallory-${attempt}@fabrikam.example`]]),
      spki: rsaSpki(bigEndian(key.modulus), bigEndian(key.exponent)),
      algorithm: signatureAlgorithms.RS256.identifier,
      signature: (info) => {
        const value = signWith(key, info)
        tried.first = value[0] ?? 1
        return value.subarray(1)
      },
    })
    if (tried.first === 0) return der
  }
}

const spkiOf = (key: KeyObject) => createPublicKey(key).export({ format: 'der', type: 'spki' })

/** A request of one key over another's: the signature is that of a request somebody else sent. */
const transplanted = () => {
  const key = newEcKey()
  const first = new DerReader(assembleCsr({ ...signedBy(key, 'ES256'), subject })).enter(derTag.sequence)
  first.readAny()
  const algorithm = first.readAny().encoding
  const signature = first.readAny().encoding
  const other = new DerReader(
    assembleCsr({ ...signedBy(key, 'ES256'), subject: encodeName([['CN', 'other']]) }),
  )
  return encodeSequence(other.enter(derTag.sequence).readAny().encoding, algorithm, signature)
}

/** Requests that do not prove possession: what was changed after signing, and what never was a signature. */
export const signatureVectors: Vectors = {
  'csr-signature-invalid/signature-bit-flipped-ecdsa.der': () => flipped(request(), -1),
  'csr-signature-invalid/signature-bit-flipped-rsa.der': () => flipped(rsa(signWith)(), -1),
  'csr-signature-invalid/signature-bit-flipped-ed25519.der': () => flipped(ed25519((value) => value)(), -40),
  'csr-signature-invalid/subject-changed.der': () =>
    replaced(request(), Buffer.from('mallory@'), Buffer.from('mallorz@')),
  'csr-signature-invalid/attribute-changed.der': () =>
    replaced(
      requestWith(attribute(attributeType.challengePassword, encodeUtf8String('tr0ub4dor'))),
      Buffer.from('tr0ub4dor'),
      Buffer.from('tr0ub4dos'),
    ),
  'csr-signature-invalid/key-bit-flipped-rsa.der': () => {
    const key = newRsaNumbers(2048)
    const modulus = bigEndian(key.modulus)
    return assembleCsr({
      subject,
      spki: rsaSpki(flipped(modulus, 100), bigEndian(key.exponent)),
      algorithm: signatureAlgorithms.RS256.identifier,
      signature: (info) => signWith(key, replaced(info, flipped(modulus, 100), modulus)),
    })
  },
  'csr-signature-invalid/key-of-somebody-else.der': () => request({ spki: spkiOf(newEcKey()) }),
  'csr-signature-invalid/key-of-somebody-else-ed25519.der': () =>
    assembleCsr({ subject, ...signedBy(newEd25519Key(), 'EdDSA'), spki: spkiOf(newEd25519Key()) }),
  'csr-signature-invalid/signature-of-another-request.der': transplanted,
  'csr-signature-invalid/signature-over-info-contents.der': () => {
    const members = signedBy(newEcKey(), 'ES256')
    return assembleCsr({ subject, ...members, signature: (info) => members.signature(info.subarray(3)) })
  },
  'csr-signature-invalid/signature-empty.der': () => request({ signature: () => octets('') }),
  'csr-signature-invalid/ecdsa-zeros.der': () =>
    request({ signature: () => octets('30 06 02 01 00 02 01 00') }),
  'csr-signature-invalid/ecdsa-ones.der': () =>
    request({ signature: () => octets('30 06 02 01 01 02 01 01') }),
  'csr-signature-invalid/ecdsa-r-is-the-order.der': ecdsa((_r, s) =>
    encodeSequence(positive(order), positive(s)),
  ),
  'csr-signature-invalid/ecdsa-s-plus-the-order.der': ecdsa((r, s) =>
    encodeSequence(positive(r), positive(s + order)),
  ),
  'csr-signature-invalid/ecdsa-s-negative.der': ecdsa((r, s) =>
    encodeSequence(positive(r), integer(bigEndian(2n ** 264n - s, 33))),
  ),
  'csr-signature-invalid/ecdsa-r-not-minimal.der': ecdsa((r, s) =>
    encodeSequence(integer(octets('00 00'), bigEndian(r, 32)), positive(s)),
  ),
  'csr-signature-invalid/ecdsa-length-not-minimal.der': ecdsa((_r, _s, value) =>
    Buffer.concat([octets('30 81'), value.subarray(1)]),
  ),
  'csr-signature-invalid/ecdsa-trailing-octet.der': ecdsa((_r, _s, value) =>
    Buffer.concat([value, octets('00')]),
  ),
  'csr-signature-invalid/ecdsa-third-integer.der': ecdsa((r, s) =>
    encodeSequence(positive(r), positive(s), positive(1n)),
  ),
  'csr-signature-invalid/ecdsa-r-s-swapped.der': ecdsa((r, s) => encodeSequence(positive(s), positive(r))),
  'csr-signature-invalid/ecdsa-as-r-and-s-of-jose.der': ecdsa((r, s) =>
    Buffer.concat([bigEndian(r, 32), bigEndian(s, 32)]),
  ),
  'csr-signature-invalid/ed25519-zeros.der': ed25519(() => new Uint8Array(64)),
  'csr-signature-invalid/ed25519-s-plus-the-order.der': ed25519(malleated),
  'csr-signature-invalid/ed25519-63-octets.der': ed25519((value) => value.subarray(0, -1)),
  'csr-signature-invalid/ed25519-65-octets.der': ed25519((value) => Buffer.concat([value, octets('00')])),
  'csr-signature-invalid/rsa-leading-zero-dropped.der': shortened,
  'csr-signature-invalid/rsa-leading-zero-added.der': rsa((key, info) =>
    Buffer.concat([octets('00'), signWith(key, info)]),
  ),
  'csr-signature-invalid/rsa-plus-the-modulus.der': rsa((key, info) =>
    bigEndian(numberOf(signWith(key, info)) + key.modulus),
  ),
  'csr-signature-invalid/rsa-digest-info-without-null.der': rsa((key, info) =>
    rawSign(key, padded(octetLength(key), digestInfo(info, []))),
  ),
  'csr-signature-invalid/rsa-garbage-after-digest-info.der': rsa((key, info) =>
    rawSign(key, padded(octetLength(key), digestInfo(info), new Uint8Array(190).fill(0x5a))),
  ),
  'csr-signature-invalid/rsa-encryption-padding.der': rsa((key, info) => {
    const encoded = Uint8Array.from(padded(octetLength(key), digestInfo(info)))
    encoded[1] = 2
    return rawSign(key, encoded)
  }),
  'csr-signature-invalid/rsa-one.der': rsa((key) => bigEndian(1n, octetLength(key))),
  'csr-malformed/signature-unused-bits.der': () => {
    const members = new DerReader(request()).enter(derTag.sequence)
    const info = members.readAny().encoding
    return encodeSequence(
      info,
      members.readAny().encoding,
      encodeBitString(octets('30 06 02 01 01 02 01 02'), 1),
    )
  },
  'csr-malformed/signature-octet-string.der': () => {
    const key = newEcKey()
    const members = new DerReader(request()).enter(derTag.sequence)
    const info = members.readAny().encoding
    const value = sign('sha256', info, key)
    return encodeSequence(
      info,
      members.readAny().encoding,
      Buffer.concat([octets('04'), Uint8Array.of(value.length), value]),
    )
  },
  'csr-malformed/signature-missing.der': () => {
    const members = new DerReader(request()).enter(derTag.sequence)
    return encodeSequence(members.readAny().encoding, members.readAny().encoding)
  },
  // (r, n - s) verifies wherever (r, s) does: X.509 has no low-s rule, and no certificate depends on a CSR's signature.
  'accepted/ecdsa-s-above-half-the-order.der': ecdsa((r, s) =>
    encodeSequence(positive(r), positive(s > order / 2n ? s : order - s)),
  ),
}
