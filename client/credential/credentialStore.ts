import type { ClientCertificate } from '../clientCertificate.ts'
import type { ClientKey } from './clientKey.ts'

/** A certificate that a client holds, and the key that fits, which may be where nobody reads it. */
export interface HeldCredential {
  /** PEM. */
  readonly certificate: string
  readonly key: Pick<ClientKey, 'publicKey'>
  readonly serialNumber: string
  readonly notBefore: Date
  readonly notAfter: Date
}

/** Where a client keeps its key and certificate. */
export interface CredentialStore {
  /** What other programs read, by name (`key`, `certificate`). */
  readonly files: Readonly<Record<string, string>>
  /** Reads what is in use; undefined where there is nothing, or where certificate and key do not fit. */
  held(): Promise<HeldCredential | undefined>
  /**
   * The key for the next certificate: the one that an interrupted enrollment left behind, else a new one, or that in use
   * where keys are reused. It is kept before it is used, so that a client that crashed gets the certificate its token bought.
   * @throws {Refusal} `key-file-refused` when what was left behind is no such key, or others can write to the folder.
   */
  pendingKey(): Promise<ClientKey>
  /**
   * Puts a key and its certificate into use, at once: whoever reads sees a pair that fits, always.
   * @param key one that this store gave.
   */
  accept(certificate: ClientCertificate, key: ClientKey): Promise<void>
}
