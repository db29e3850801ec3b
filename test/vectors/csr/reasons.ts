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
    [/: expected tag 0x30, found tag 0x06\.$/, 'algorithm-bare-oid.der is-a-pkcs7.der'],
    [
      /: the parameters of its signature algorithm 1\.2\.840\.10045\.4\.3\.2 are wrong\.$/,
      `algorithm-ecdsa-curve-present.der algorithm-ecdsa-null-present.der`,
    ],
    [
      /: the parameters of its signature algorithm 1\.3\.101\.112 are wrong\.$/,
      `algorithm-ed25519-null-present.der`,
    ],
    [/: expected tag 0x06, found the end\.$/, 'algorithm-empty.der'],
    [
      /: the parameters of its signature algorithm 1\.2\.840\.113549\.1\.1\.11 are wrong\.$/,
      `algorithm-rsa-null-missing.der algorithm-rsa-null-twice.der algorithm-rsa-parameters-octets.der`,
    ],
    [/: it has \d+ octets, the limit is 16384\.$/, `attribute-integer-of-17-KiB.der attributes-1000.der`],
    [
      /: the members of a set are not in order\.$/,
      'attribute-values-not-sorted.der subject-rdn-not-sorted.der',
    ],
    [/: expected tag 0xa0, found tag 0x31\.$/, 'attributes-as-set.der'],
    [/: expected tag 0xa0, found the end\.$/, 'attributes-missing.der'],
    [/: it has 16385 octets, the limit is 16384\.$/, 'attributes-oversized.der'],
    [/: expected tag 0xa0, found tag 0x80\.$/, 'attributes-primitive.der'],
    [/: \d+ octets too many\.$/, 'attributes-twice.der base64-twice.b64 trailing-request.der'],
    [/: expected tag 0xa0, found tag 0xa1\.$/, 'attributes-wrong-number.der'],
    [
      /: its base64 is broken\.$/,
      `base64-data-url.b64 base64-junk.b64 base64-trailing-bits.b64 base64-url-alphabet.b64
       base64-without-padding.b64 is-json.der is-pem.der outer-null.der outer-set.der zeros.der`,
    ],
    [/: a multi-octet identifier is not used by PKIX\.$/, `base64-hexadecimal.b64 tag-of-several-octets.der`],
    [/: a constructed tag 0x2d is not DER\.$/, 'base64-of-pem.b64'],
    [/: a constructed tag 0x23 is not DER\.$/, 'bit-string-constructed.der'],
    [/: a bit string has a wrong initial octet\.$/, `bit-string-eight-unused.der bit-string-empty.der`],
    [/: an empty bit string has padding\.$/, 'bit-string-padding-of-nothing.der'],
    [/: the padding of a bit string is not zero\.$/, 'bit-string-padding-set.der'],
    [/: a boolean is neither 00 nor FF\.$/, 'boolean-01.der boolean-of-two-octets.der'],
    [
      /: an element is longer than what holds it\.$/,
      `cut-after-outer-header.der cut-in-attributes.der cut-in-info.der cut-in-key-algorithm.der
       cut-in-key-bit-string.der cut-in-signature-algorithm.der cut-in-signature.der cut-in-spki.der
       cut-in-subject.der cut-in-version.der cut-last-octet.der pem-base64-of-text.pem
       rsa-key-truncated.der short-attributes.der short-key-algorithm.der short-key-bit-string.der
       short-signature-algorithm.der short-signature.der short-spki.der short-subject.der short-version.der`,
    ],
    [
      /: the encoding is truncated\.$/,
      `cut-after-outer-tag.der cut-in-outer-length.der one-octet.der
       subject-attribute-without-value.der trailing-in-attribute-value.der`,
    ],
    [
      /: expected tag 0x03, found tag 0x04\.$/,
      `ed25519-key-in-octet-string.der signature-octet-string.der spki-octet-string.der`,
    ],
    [
      /: 2 octets too many\.$/,
      `ed25519-key-parameters-null.der subject-attribute-of-three.der
       rsa-key-parameters-twice.der trailing-element.der
       trailing-in-info.der trailing-in-key-algorithm.der trailing-in-outer.der trailing-in-spki.der`,
    ],
    [
      /: expected tag 0x30, found the end\.$/,
      `empty-sequence.der subject-rdn-empty.der is-a-crmf-message.der spki-empty.der`,
    ],
    [/: it is empty\.$/, 'empty.b64 empty.der empty.pem'],
    [/: an end-of-contents marker is not DER\.$/, 'end-of-contents.der'],
    [
      /: an indefinite length is not DER\.$/,
      `indefinite-length-attribute.der indefinite-length-outer.der nested-indefinite-1000-levels.der
       rsa-key-indefinite-length.der`,
    ],
    [/: an integer is empty\.$/, 'integer-empty.der'],
    [
      /: an integer is not minimal\.$/,
      `enumerated-not-minimal.der integer-not-minimal-negative.der integer-not-minimal.der rsa-exponent-not-minimal.der
       rsa-modulus-not-minimal.der version-not-minimal.der`,
    ],
    [/: expected tag 0x02, found tag 0xa0\.$/, 'is-a-certificate.der'],
    [/: expected tag 0x30, found tag 0x02\.$/, 'is-a-private-key.der'],
    [/: expected tag 0x30, found tag 0x03\.$/, 'is-a-public-key.der'],
    [/: expected tag 0x02, found tag 0x30\.$/, 'is-a-spkac.der version-missing.der'],
    [
      /: a bit string does not hold whole octets\.$/,
      `key-bit-string-unused-bits.der signature-unused-bits.der`,
    ],
    [
      /: a length is not minimal\.$/,
      `length-not-minimal-outer.der length-not-minimal-short.der length-not-minimal-version.der`,
    ],
    [
      /: a length has more than three octets\.$/,
      `length-of-four-gigabytes.der length-of-four-octets.der length-reserved-ff.der`,
    ],
    [
      /: elements are nested too deeply\.$/,
      `nested-1000-levels-in-attribute.der nested-1000-levels.der nested-thirteen-levels.der`,
    ],
    [/: a null is not empty\.$/, 'null-not-empty.der'],
    [/: a constructed tag 0x24 is not DER\.$/, 'octet-string-constructed.der'],
    [/: an arc of an object identifier is too large\.$/, `oid-arc-of-128-bits.der oid-arc-of-4-KiB.der`],
    [/: an object identifier is truncated\.$/, 'oid-empty.der oid-truncated.der'],
    [/: an object identifier is not minimal\.$/, 'oid-leading-80.der'],
    [
      /PEM text: its base64 is broken\.$/,
      `pem-base64-digit-dropped.pem pem-base64-padding-in-the-middle.pem pem-base64-trailing-bits.pem
       pem-base64-without-padding.pem pem-empty-object.pem`,
    ],
    [
      /PEM text: it is not exactly one object\.$/,
      `pem-base64-junk.pem pem-base64-with-spaces.pem pem-base64url.pem pem-begin-missing.pem
       pem-carriage-returns-alone.pem pem-cut.pem pem-end-missing.pem pem-escaped-line-ends.pem
       pem-four-dashes.pem pem-headers.pem pem-in-one-line.pem pem-label-in-lower-case.pem
       pem-label-missing.pem pem-quoted.pem pem-text-after.pem pem-text-before.pem pem-two-objects.pem
       pem-white-space-alone.pem pem-with-certificate-behind.pem pem-with-nul.pem`,
    ],
    [/PEM text: it starts with a byte order mark: save it as ASCII\.$/, `pem-bom-utf16.pem pem-bom-utf8.pem`],
    [
      /PEM text: its label is not CERTIFICATE REQUEST or NEW CERTIFICATE REQUEST\.$/,
      `pem-label-certificate.pem pem-label-private-key.pem pem-labels-differ.pem`,
    ],
    [/: expected tag 0x02, found the end\.$/, 'rsa-key-of-one-integer.der'],
    [/: 5 octets too many\.$/, 'rsa-key-of-three-integers.der'],
    [/: expected tag 0x05, found the end\.$/, 'rsa-key-parameters-missing.der'],
    [/: 1 octets too many\.$/, 'rsa-key-trailing-octet.der trailing-octet.der'],
    [/: a sequence or set is not constructed\.$/, 'sequence-primitive.der set-primitive.der'],
    [/: expected tag 0x03, found the end\.$/, 'signature-missing.der'],
    [/: expected tag 0x30, found tag 0xa0\.$/, 'spki-missing.der'],
    [/: expected tag 0x31, found tag 0x30\.$/, 'subject-missing.der subject-rdn-sequence.der'],
    [/: expected tag 0x06, found tag 0x0c\.$/, 'subject-attribute-without-type.der'],
    [/: a text ends within a character\.$/, 'subject-bmp-string-of-odd-length.der'],
    [/: a time is not in the form of DER\.$/, 'time-with-offset.der time-without-seconds.der'],
    [/: a text is not UTF-8\.$/, 'subject-not-utf8.der'],
    [/: expected tag 0x30, found tag 0x31\.$/, 'subject-set.der'],
    [/: a constructed tag 0x2c is not DER\.$/, 'utf8-string-constructed.der'],
    [/: its version is not 0 \(v1\)\.$/, 'version-1.der version-2.der'],
    [/: expected tag 0x02, found tag 0x0a\.$/, 'version-enumerated.der'],
    [/: an integer is out of its range\.$/, 'version-negative.der version-of-4-KiB.der'],
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
