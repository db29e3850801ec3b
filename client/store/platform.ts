import type { ClientCertificate } from '../clientCertificate.ts'
import type { OwnCertificate, PlatformName } from './ownCertificates.ts'

/** A certificate to take out of a store: with its key, unless another one needs that. */
export interface Removal {
  readonly thumbprint: string
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
   * Puts a certificate in beside its key: whoever looks sees both. Then it takes others out.
   * @returns the thumbprints of those that are still there.
   */
  install(installation: Installation): Promise<readonly string[]>
}
