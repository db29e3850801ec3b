import { hash } from 'node:crypto'
import type { TrustBundle } from '../../lib/bundle/trustBundle.ts'
import { parseCertificate } from '../../lib/x509/certificate.ts'
import { parsePublicKey } from '../../lib/x509/publicKey.ts'
import { verifiesSignature } from '../../lib/x509/signatureAlgorithm.ts'
import type { KnownIssuers } from './decideEnds.ts'
import type { SessionCertificate } from './session.ts'

/** A look every five seconds asks about the same certificates again. */
const mostRemembered = 20_000

/** Takes the issuers of a verified bundle. */
export const knownIssuers = ({ sequence, issuers }: TrustBundle): KnownIssuers => {
  const keys = issuers.map(({ der }) => {
    const { tbs } = parseCertificate(der)
    return { subject: tbs.subject, publicKey: parsePublicKey(tbs.subjectPublicKeyInfo).keyObject }
  })
  const remembered = new Map<string, boolean>()
  const verify = ({ der }: SessionCertificate): boolean => {
    const { tbs, signed, signature } = parseCertificate(der)
    return keys.some(
      ({ subject, publicKey }) =>
        Buffer.compare(subject, tbs.issuer) === 0 &&
        verifiesSignature({ algorithm: tbs.signature, publicKey, signed, signature }),
    )
  }
  return {
    sequence,
    signed(certificate) {
      const digest = hash('sha256', certificate.der)
      const known = remembered.get(digest)
      if (known !== undefined) return known
      if (remembered.size >= mostRemembered) remembered.clear()
      const isSigned = verify(certificate)
      remembered.set(digest, isSigned)
      return isSigned
    },
  }
}
