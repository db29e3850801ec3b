/** A frame of a private key, also of OpenSSH, PGP or PuTTY, in whatever text. */
const frame = /BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY|PuTTY-User-Key-File/

/** A JWK with its private part (RFC 7517 section 9.3), as browsers export keys; quotation marks may be escaped. */
const jwk = [/"kty\\?"\s*:/, /"d\\?"\s*:\s*\\?"/]

/** Tells whether a private key stands in what somebody sent, of UTF-16 too, which has a zero beside each character. */
export const holdsPrivateKey = (octets: Uint8Array): boolean => {
  const text = Buffer.from(octets).toString('latin1').replaceAll('\0', '')
  return frame.test(text) || jwk.every((part) => part.test(text))
}

/** Warns whoever sent a private key, even if the rest could be read. */
export const privateKeySent =
  'a private key was sent, which is no longer secret: make a new one, and send its request alone'
