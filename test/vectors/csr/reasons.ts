import type { RefusalCode } from '../../../lib/errors/catalogue.ts'

/** The codes that the folders are named by. */
export type CsrCode = Extract<RefusalCode, `csr-${string}`>

/** What a refusal says, and the files that are refused for that reason: a list with spaces between. */
type Reason = readonly [detail: RegExp, files: string]

/** Why each file is refused. A file that stands in no list, and a name without a file, fail the test. */
export const reasons: Readonly<Record<CsrCode, readonly Reason[]>> = {
  'csr-key-refused': [
    [
      /: its algorithm \(an object identifier of 6000 characters\) is not known\.$/,
      `algorithm-of-long-oid.der`,
    ],
    [/: its algorithm 1\.3\.6\.1\.4\.1\.99999\.2 is not known\.$/, 'algorithm-unknown.der'],
    [/: its algorithm 1\.2\.840\.10040\.4\.1 is not known\.$/, 'dsa-2048.der'],
    [/: its curve 1\.3\.36\.3\.3\.2\.8\.1\.1\.7 is neither P-256 nor P-384\.$/, `ec-brainpool-p256r1.pem`],
    [
      /: it is not a point of its curve, or otherwise not a key\.$/,
      `ec-coordinate-not-reduced.der ec-p256-with-point-of-secp256k1.der ec-point-off-curve.der
       ec-point-x-off-curve.der ec-point-zero.der`,
    ],
    [
      /: its curve \(an object identifier of 6000 characters\) is neither P-256 nor P-384\.$/,
      `ec-curve-of-long-oid.der`,
    ],
    [
      /: its EC parameters are not a named curve\.$/,
      `ec-explicit-parameters.pem ec-parameters-missing.der ec-parameters-null.der`,
    ],
    [/: its algorithm 1\.3\.132\.1\.12 is not known\.$/, 'ec-for-ecdh-alone.der'],
    [/: its curve 1\.3\.132\.0\.33 is neither P-256 nor P-384\.$/, 'ec-p224.pem'],
    [
      /: its P-256 point is not in the uncompressed form\.$/,
      `ec-p256-with-point-of-p384.der ec-point-compressed.der ec-point-empty.der
       ec-point-hybrid-wrong-parity.der ec-point-hybrid.der ec-point-infinity-padded.der
       ec-point-infinity.der ec-point-too-long.der ec-point-truncated.der ec-point-without-form.der`,
    ],
    [/: its P-384 point is not in the uncompressed form\.$/, 'ec-p384-with-point-of-p256.der'],
    [/: its curve 1\.3\.132\.0\.35 is neither P-256 nor P-384\.$/, 'ec-p521.der'],
    [/: its curve 1\.3\.132\.0\.10 is neither P-256 nor P-384\.$/, 'ec-secp256k1.der'],
    [
      /: its Ed25519 point does not have 32 octets\.$/,
      `ed25519-31-octets.der ed25519-33-octets.der ed25519-empty.der ed25519-with-ec-point.der`,
    ],
    [
      /: its Ed25519 point has a small order\.$/,
      `ed25519-order-1-not-canonical.der ed25519-order-1.der ed25519-order-2.der ed25519-order-4.der
       ed25519-order-8.der`,
    ],
    [/: its algorithm 1\.3\.101\.113 is not known\.$/, 'ed448.der'],
    [/: its algorithm 2\.16\.840\.1\.101\.3\.4\.3\.17 is not known\.$/, 'ml-dsa-44.der'],
    [/: its modulus has 1024 bits, not 2048 to 4096\.$/, 'rsa-1024.der'],
    [/: its modulus has 2047 bits, not 2048 to 4096\.$/, 'rsa-2047.der'],
    [/: its modulus has 4097 bits, not 2048 to 4096\.$/, 'rsa-4097.der'],
    [/: its modulus has 8192 bits, not 2048 to 4096\.$/, 'rsa-8192.der'],
    [
      /: its exponent is not 65537\.$/,
      `rsa-exponent-1.der rsa-exponent-3.der rsa-exponent-65539.der rsa-exponent-even.der
       rsa-exponent-of-1279-bits.der rsa-exponent-of-33-bits.der`,
    ],
    [/: its exponent is not positive\.$/, 'rsa-exponent-negative.der rsa-exponent-zero.der'],
    [/: its modulus is even\.$/, 'rsa-modulus-even.der'],
    [/: its modulus is not positive\.$/, 'rsa-modulus-negative.der rsa-modulus-zero.der'],
    [/: its modulus has 1 bits, not 2048 to 4096\.$/, 'rsa-modulus-one.der'],
    [/: its modulus has the fingerprint of CVE-2017-15361 \(ROCA\)\.$/, 'rsa-modulus-roca.der'],
    [/: its algorithm 1\.2\.840\.113549\.1\.1\.10 is not known\.$/, 'rsa-pss-alone.pem'],
    [/: its algorithm 1\.3\.101\.110 is not known\.$/, 'x25519.der'],
    [/: its algorithm 1\.3\.101\.111 is not known\.$/, 'x448.der'],
  ],
  'csr-malformed': [
    [/: 1 octets too many\.$/, `rsa-key-trailing-octet.der trailing-octet.der`],
    [
      /: 2 octets too many\.$/,
      `ed25519-key-parameters-null.der rsa-key-parameters-twice.der trailing-element.der
       trailing-in-info.der trailing-in-key-algorithm.der trailing-in-outer.der trailing-in-spki.der`,
    ],
    [/: 245 octets too many\.$/, `trailing-request.der`],
    [/: 43 octets too many\.$/, `attributes-twice.der`],
    [/: 5 octets too many\.$/, `rsa-key-of-three-integers.der`],
    [
      /: a PEM object of it is broken or cut short\.$/,
      `pem-base64-digit-dropped.pem pem-base64-junk.pem pem-base64-padding-in-the-middle.pem
       pem-base64-trailing-bits.pem pem-cut.pem pem-empty-object.pem pem-end-missing.pem pem-headers.pem
       pem-labels-differ.pem pem-quoted.pem`,
    ],
    [
      /: a bit string does not hold whole octets\.$/,
      `key-bit-string-unused-bits.der signature-unused-bits.der`,
    ],
    [/: a length has more than three octets\.$/, `length-of-four-octets.der`],
    [/: a length is not minimal\.$/, `length-not-minimal-outer.der length-not-minimal-version.der`],
    [
      /: a private key was sent, which is no longer secret: make a new one, and send its request alone\.$/,
      `is-a-private-key.der pem-label-private-key.pem`,
    ],
    [
      /: an element is longer than what holds it\.$/,
      `cut-after-outer-header.der cut-in-attributes.der cut-in-info.der cut-in-key-algorithm.der
       cut-in-key-bit-string.der cut-in-signature-algorithm.der cut-in-signature.der cut-in-spki.der
       cut-in-subject.der cut-in-version.der cut-last-octet.der rsa-key-truncated.der short-attributes.der
       short-key-algorithm.der short-key-bit-string.der short-signature-algorithm.der short-signature.der
       short-spki.der short-subject.der short-version.der`,
    ],
    [/: an indefinite length is not DER\.$/, `indefinite-length-outer.der rsa-key-indefinite-length.der`],
    [
      /: an integer is not minimal\.$/,
      `rsa-exponent-not-minimal.der rsa-modulus-not-minimal.der version-not-minimal.der`,
    ],
    [/: an integer is out of its range\.$/, `version-negative.der version-of-4-KiB.der`],
    [/: expected tag 0x02, found tag 0x0a\.$/, `version-enumerated.der`],
    [/: expected tag 0x02, found tag 0x30\.$/, `version-missing.der`],
    [/: expected tag 0x02, found the end\.$/, `rsa-key-of-one-integer.der`],
    [
      /: expected tag 0x03, found tag 0x04\.$/,
      `ed25519-key-in-octet-string.der signature-octet-string.der spki-octet-string.der`,
    ],
    [/: expected tag 0x03, found the end\.$/, `signature-missing.der`],
    [/: expected tag 0x05, found the end\.$/, `rsa-key-parameters-missing.der`],
    [/: expected tag 0x06, found the end\.$/, `algorithm-empty.der`],
    [/: expected tag 0x30, found tag 0x06\.$/, `algorithm-bare-oid.der`],
    [/: expected tag 0x30, found tag 0x31\.$/, `subject-set.der`],
    [/: expected tag 0x30, found tag 0x4d\.$/, `base64-twice.b64`],
    [/: expected tag 0x30, found tag 0x6e\.$/, `pem-base64-of-text.pem`],
    [/: expected tag 0x30, found tag 0xa0\.$/, `spki-missing.der subject-missing.der`],
    [/: expected tag 0x30, found the end\.$/, `empty-sequence.der nested-1000-levels.der spki-empty.der`],
    [/: expected tag 0xa0, found tag 0x31\.$/, `attributes-as-set.der`],
    [/: expected tag 0xa0, found tag 0x80\.$/, `attributes-primitive.der`],
    [/: expected tag 0xa0, found tag 0xa1\.$/, `attributes-wrong-number.der`],
    [
      /: it has 2 PEM objects: send one request alone\.$/,
      `pem-two-objects.pem pem-with-certificate-behind.pem`,
    ],
    [/: it has a backslash and n in place of line ends\.$/, `pem-escaped-line-ends.pem`],
    [/: it is JSON\.$/, `is-json.der`],
    [/: it is UTF-16: use Out-File -Encoding ascii\.$/, `pem-bom-utf16.pem`],
    [/: it is a CRMF message, not PKCS#10\.$/, `is-a-crmf-message.der`],
    [/: it is a PKCS#7 \(CMC\) message; send the PKCS#10 inside\.$/, `is-a-pkcs7.der`],
    [/: it is a SignedPublicKeyAndChallenge \(SPKAC\), not PKCS#10\.$/, `is-a-spkac.der`],
    [/: it is a certificate\.$/, `is-a-certificate.der`],
    [/: it is a public key\.$/, `is-a-public-key.der`],
    [/: it is empty\.$/, `empty.b64 empty.der empty.pem pem-white-space-alone.pem`],
    [/: it is hexadecimal\.$/, `base64-hexadecimal.b64`],
    [
      /: it is neither DER nor PEM, and its base64 is broken\.$/,
      `base64-data-url.b64 base64-junk.b64 base64-trailing-bits.b64 cut-after-outer-tag.der
       cut-in-outer-length.der nested-indefinite-1000-levels.der one-octet.der outer-null.der outer-set.der
       pem-begin-missing.pem pem-four-dashes.pem zeros.der`,
    ],
    [/: it is the base64 of PEM; send the PEM itself\.$/, `base64-of-pem.b64`],
    [
      /: its label is not CERTIFICATE REQUEST or NEW CERTIFICATE REQUEST\.$/,
      `pem-label-certificate.pem pem-label-in-lower-case.pem pem-label-missing.pem`,
    ],
    [/: its version is 1, not 0 \(v1\)\.$/, `version-1.der`],
    [/: its version is 2, not 0 \(v1\)\.$/, `version-2.der`],
    [
      /: the parameters of its signature algorithm 1\.2\.840\.10045\.4\.3\.2 are wrong\.$/,
      `algorithm-ecdsa-curve-present.der`,
    ],
    [
      /: the parameters of its signature algorithm 1\.2\.840\.113549\.1\.1\.11 are wrong\.$/,
      `algorithm-rsa-null-twice.der algorithm-rsa-parameters-octets.der`,
    ],
    [
      /: the parameters of its signature algorithm 1\.3\.101\.112 are wrong\.$/,
      `algorithm-ed25519-null-present.der`,
    ],
    [
      /: it has \d+ octets, the limit is 16384\.$/,
      `attribute-integer-of-17-KiB.der attributes-1000.der attributes-oversized.der`,
    ],
  ],
  'csr-signature-invalid': [
    [
      /: its signature does not verify\.$/,
      `algorithm-ecdsa-for-ed25519-key.der algorithm-ecdsa-for-rsa-key.der algorithm-ed25519-for-ec-key.der
       algorithm-ed25519-for-rsa-key.der algorithm-rsa-for-ec-key.der
       algorithm-sha384-for-sha256-signature.der algorithm-sha512-for-sha256-signature.der
       attribute-changed.der ecdsa-as-r-and-s-of-jose.der ecdsa-length-not-minimal.der ecdsa-ones.der
       ecdsa-r-is-the-order.der ecdsa-r-not-minimal.der ecdsa-r-s-swapped.der ecdsa-s-negative.der
       ecdsa-s-plus-the-order.der ecdsa-third-integer.der ecdsa-trailing-octet.der ecdsa-zeros.der
       ed25519-63-octets.der ed25519-65-octets.der ed25519-point-off-curve.der ed25519-s-plus-the-order.der
       ed25519-zeros.der key-bit-flipped-rsa.der key-of-somebody-else-ed25519.der key-of-somebody-else.der
       rsa-digest-info-without-null.der rsa-encryption-padding.der rsa-garbage-after-digest-info.der
       rsa-leading-zero-added.der rsa-leading-zero-dropped.der rsa-one.der rsa-plus-the-modulus.der
       signature-bit-flipped-ecdsa.der signature-bit-flipped-ed25519.der signature-bit-flipped-rsa.der
       signature-empty.der signature-of-another-request.der signature-over-info-contents.der
       subject-changed.der`,
    ],
    [/: its signature algorithm 1\.2\.840\.10045\.4\.1 is not ECDSA or RSA /, `algorithm-ecdsa-sha1.der`],
    [
      /: its signature algorithm 1\.2\.840\.10045\.4\.3\.1 is not ECDSA or RSA /,
      `algorithm-ecdsa-sha224.der`,
    ],
    [
      /: its signature algorithm 2\.16\.840\.1\.101\.3\.4\.3\.10 is not ECDSA or RSA /,
      `algorithm-ecdsa-sha3-256.der`,
    ],
    [
      /: its signature algorithm 2\.16\.840\.1\.101\.3\.4\.2\.1 is not ECDSA or RSA /,
      `algorithm-is-a-digest.der`,
    ],
    [
      /: its signature algorithm 1\.2\.840\.113549\.1\.1\.1 is not ECDSA or RSA /,
      `algorithm-is-the-key-algorithm.der`,
    ],
    [
      /: its signature algorithm 1\.3\.6\.1\.5\.5\.7\.6\.2 is not ECDSA or RSA /,
      `algorithm-no-signature.der`,
    ],
    [
      /: its signature algorithm \(an object identifier of 6000 characters\) is not ECDSA or RSA /,
      `algorithm-of-long-oid.der`,
    ],
    [/: its signature algorithm 1\.2\.840\.113549\.1\.1\.4 is not ECDSA or RSA /, `algorithm-rsa-md5.der`],
    [/: its signature algorithm 1\.2\.840\.113549\.1\.1\.10 is not ECDSA or RSA /, `algorithm-rsa-pss.pem`],
    [/: its signature algorithm 1\.2\.840\.113549\.1\.1\.5 is not ECDSA or RSA /, `algorithm-rsa-sha1.der`],
  ],
}
