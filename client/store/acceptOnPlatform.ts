import { X509Certificate } from 'node:crypto'
import { join } from 'node:path'
import type { ClientCertificate } from '../clientCertificate.ts'
import { keySha256 } from '../credential/clientKey.ts'
import type { CredentialStore } from '../credential/credentialStore.ts'
import { settleGeneration, switchGeneration } from '../credential/switchGeneration.ts'
import { certificateIn, thumbprintOf } from './heldByPlatform.ts'
import {
  type OwnCertificate,
  type OwnCertificates,
  ownCertificatesOf,
  writeOwnCertificates,
} from './ownCertificates.ts'
import type { Platform } from './platform.ts'
import { requestedKey } from './requestedKey.ts'

/** SHA-256 of the key of a certificate, lower-case hex. @param certificate PEM. */
export const keyHashOf = (certificate: string): string =>
  keySha256(new X509Certificate(certificate)).toString('hex')

/** The request whose key a certificate has. */
export const requestFor = ({ requests }: Pick<OwnCertificates, 'requests'>, keyHash: string) =>
  requests.find(({ csr }) => csr !== undefined && keySha256(requestedKey(csr)).toString('hex') === keyHash)

/** A certificate with what finds its key again. */
interface AcceptedCertificate {
  readonly certificate: ClientCertificate
  readonly reuse: string | undefined
}

const ownOf = ({ certificate, reuse }: AcceptedCertificate): OwnCertificate => ({
  thumbprint: thumbprintOf(new X509Certificate(certificate.certificate)),
  key: keyHashOf(certificate.certificate),
  notAfter: certificate.notAfter,
  ...(reuse === undefined ? {} : { reuse }),
})

/** Whether a certificate goes when the next one comes: but for the one that is in use, until it ends. */
const goesWith =
  (next: ClientCertificate, inUse: X509Certificate | undefined) =>
  (one: OwnCertificate): boolean =>
    inUse === undefined ||
    one.thumbprint !== thumbprintOf(inUse) ||
    Date.parse(one.notAfter) <= Date.parse(next.notBefore)

/** Puts a certificate into the store and takes others out. @returns the list of what is there then */
const install = async (
  platform: Platform,
  { certificate, reuse }: AcceptedCertificate,
  { others, go }: { readonly others: readonly OwnCertificate[]; readonly go: readonly OwnCertificate[] },
): Promise<readonly OwnCertificate[]> => {
  const own = ownOf({ certificate, reuse })
  const keysInUse = new Set([own, ...others.filter((one) => !go.includes(one))].map(({ key }) => key))
  const remove = go.map((one) => ({ ...one, isKeyInUse: keysInUse.has(one.key) }))
  const left = await platform.install({ certificate, own, remove })
  return [own, ...others.filter((one) => !go.includes(one) || left.includes(one.thumbprint))]
}

/**
 * Puts a certificate into the store of a platform, and into the folder. The one before stays until the next, unless it
 * ended; those before it go, and no others: who else put certificates there, and what for, nobody here knows. Each step may
 * have been taken before.
 */
export const acceptOnPlatform = async (
  folder: string,
  platform: Platform,
  accepted: AcceptedCertificate,
): Promise<void> => {
  const { certificate } = accepted
  const own = ownOf(accepted)
  const known = await ownCertificatesOf(folder, platform.name)
  const others = known.certificates.filter(({ thumbprint }) => thumbprint !== own.thumbprint)
  const remember = (certificates: readonly OwnCertificate[], requests = known.requests) =>
    writeOwnCertificates(folder, { ...known, certificates, requests })
  const inUse = await certificateIn(folder)
  // It is on the list before it is in the store: what a crash leaves there is removed one day.
  let there: readonly OwnCertificate[] = [own, ...others]
  if (inUse && thumbprintOf(inUse) === own.thumbprint) await settleGeneration(folder)
  else {
    await remember(there)
    there = await install(platform, accepted, { others, go: others.filter(goesWith(certificate, inUse)) })
    await switchGeneration(folder, {
      'certificate.pem': { content: certificate.certificate, mode: 0o644 },
      'chain.pem': { content: certificate.chain.join(''), mode: 0o644 },
    })
  }
  const answered = requestFor(known, own.key)
  // A store that was ended may have kept it beside its certificate: it goes with the next request.
  await remember(
    there,
    known.requests.map(({ csr, ...one }) =>
      csr === undefined || csr === answered?.csr ? one : { ...one, csr },
    ),
  )
}

/** The files that are beside a store: what other programs may want to read. */
export const filesBeside = (folder: string): CredentialStore['files'] => ({
  certificate: join(folder, 'certificate.pem'),
  chain: join(folder, 'chain.pem'),
})
