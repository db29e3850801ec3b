import { X509Certificate } from 'node:crypto'
import { join } from 'node:path'
import type { ClientCertificate } from '../clientCertificate.ts'
import { type ClientKey, keySha256 } from '../credential/clientKey.ts'
import type { CredentialStore } from '../credential/credentialStore.ts'
import { switchGeneration } from '../credential/switchGeneration.ts'
import { certificateIn, thumbprintOf } from './heldByPlatform.ts'
import { type OwnCertificate, ownCertificatesOf, writeOwnCertificates } from './ownCertificates.ts'
import type { Platform } from './platform.ts'

/** Whether a certificate stays when the next one comes: the one that is in use, until it ends. */
const staysBeside = (one: OwnCertificate, inUse: X509Certificate | undefined, notBefore: string): boolean =>
  inUse !== undefined &&
  one.thumbprint === thumbprintOf(inUse) &&
  Date.parse(one.notAfter) > Date.parse(notBefore)

/** A certificate with the key that it is for. */
interface AcceptedPair {
  readonly certificate: ClientCertificate
  readonly key: ClientKey
  readonly reuse: string | undefined
}

/**
 * Puts a certificate into the store of a platform, and into the folder. The one before stays until the next, unless it
 * ended; those before it go, and no others: who else put certificates there, and what for, nobody here knows.
 */
export const acceptOnPlatform = async (
  folder: string,
  platform: Platform,
  { certificate, key, reuse }: AcceptedPair,
): Promise<void> => {
  const { certificates, pending } = await ownCertificatesOf(folder, platform.name)
  const own: OwnCertificate = {
    thumbprint: thumbprintOf(new X509Certificate(certificate.certificate)),
    key: keySha256(key).toString('hex'),
    notAfter: certificate.notAfter,
    ...(reuse === undefined ? {} : { reuse }),
  }
  const inUse = await certificateIn(folder)
  const stay = certificates.filter((one) => staysBeside(one, inUse, certificate.notBefore))
  const go = certificates.filter((one) => !stay.includes(one) && one.thumbprint !== own.thumbprint)
  const keysInUse = new Set([own, ...stay].map((one) => one.key))
  const remember = (kept: readonly OwnCertificate[], waiting?: typeof pending) =>
    writeOwnCertificates(folder, { platform: platform.name, certificates: kept, pending: waiting })
  // It is on the list before it is in the store: what a crash leaves there is removed one day.
  await remember([own, ...stay, ...go], pending)
  const left = await platform.install({
    certificate,
    own,
    remove: go.map(({ thumbprint, key: of }) => ({ thumbprint, isKeyInUse: keysInUse.has(of) })),
  })
  await switchGeneration(folder, {
    'certificate.pem': { content: certificate.certificate, mode: 0o644 },
    'chain.pem': { content: certificate.chain.join(''), mode: 0o644 },
  })
  await remember([own, ...stay, ...go.filter(({ thumbprint }) => left.includes(thumbprint))])
}

/** The files that are beside a store: what other programs may want to read. */
export const filesBeside = (folder: string): CredentialStore['files'] => ({
  certificate: join(folder, 'certificate.pem'),
  chain: join(folder, 'chain.pem'),
})
