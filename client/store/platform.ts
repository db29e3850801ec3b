import type { ClientCertificate } from '../clientCertificate.ts'
import type { OwnCertificate, PlatformName } from './ownCertificates.ts'

/** A certificate to take out of a store: with its key, unless another one needs that. */
export interface Removal extends Pick<OwnCertificate, 'thumbprint' | 'reuse'> {
  readonly isKeyInUse: boolean
}

/** A certificate to put into a store. */
export interface Installation {
  readonly certificate: ClientCertificate
  readonly own: OwnCertificate
  readonly remove: readonly Removal[]
}

/** What a platform does with certificates and keys of its user. */
export interface Platform {
  readonly name: PlatformName
  /** Whether the store has a certificate and its key. */
  holds(thumbprint: string): Promise<boolean>
  /**
   * Puts a certificate in beside its key, unless it is there: whoever looks sees both. Then it takes others out. A crash may
   * have ended it anywhere before.
   * @returns the thumbprints of those that are still there.
   */
  install(installation: Installation): Promise<readonly string[]>
}
