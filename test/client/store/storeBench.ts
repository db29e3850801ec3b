import { X509Certificate } from 'node:crypto'
import type { ClientCertificate } from '../../../client/clientCertificate.ts'
import type { ClientKey } from '../../../client/credential/clientKey.ts'
import type { CredentialStore } from '../../../client/credential/credentialStore.ts'
import { testAuthority } from '../testAuthority.ts'

/** How a platform calls a certificate: SHA-1, upper-case hex. @param pem PEM. */
export const thumbprintOf = (pem: string): string => new X509Certificate(pem).fingerprint.replaceAll(':', '')

/** A service that certifies whatever key, and what a client does with it. */
export const storeBench = () => {
  const { issuer, leaf } = testAuthority()
  /** A certificate of an hour, that begins so many minutes after the first. */
  const certify = ({ publicKey }: ClientKey, minutes = 0): ClientCertificate => {
    const notBefore = new Date(Date.parse('2026-03-02T09:55:00Z') + minutes * 60_000)
    const notAfter = new Date(notBefore.getTime() + 3_600_000)
    const certificate = leaf(publicKey.export({ format: 'der', type: 'spki' }), { notBefore, notAfter })
    const { serialNumber } = new X509Certificate(certificate)
    const [start, end] = [notBefore.toISOString(), notAfter.toISOString()]
    const renewal = { start, end }
    return { certificate, chain: [issuer], serialNumber, notBefore: start, notAfter: end, renewal }
  }
  return {
    issuer,
    certify,
    renew: async (store: CredentialStore, minutes = 0) => {
      const key = await store.pendingKey()
      const certificate = certify(key, minutes)
      await store.accept(certificate, key)
      return { key, certificate, thumbprint: thumbprintOf(certificate.certificate) }
    },
  }
}
