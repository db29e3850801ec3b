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

/** How what a crash left is put into use. */
export interface Settling {
  /** A certificate that ended by then is of no use, and is forgotten. */
  readonly now: Date
  /** Has the folder to itself where something is left. */
  readonly exclusively: <T>(act: () => Promise<T>) => Promise<T>
}

/** Where a client keeps its key and certificate. */
export interface CredentialStore {
  /** What other programs read, by name (`key`, `certificate`). */
  readonly files: Readonly<Record<string, string>>
  /** Reads what is in use; undefined where there is nothing, or where certificate and key do not fit. */
  held(): Promise<HeldCredential | undefined>
  /**
   * Goes on where a crash ended accept(): what is on disk is put into use.
   * @returns what is in use by that, with no token spent; undefined where nothing was left.
   */
  settle(settling: Settling): Promise<ClientCertificate | undefined>
  /**
   * The key for the next certificate: the one that an interrupted enrollment left behind, else a new one, or that in use
   * where keys are reused. It is kept before it is used, so that a client that crashed gets the certificate its token bought.
   * @throws {Refusal} `key-file-refused` when what was left behind is no such key, or others can write to the folder.
   */
  pendingKey(): Promise<ClientKey>
  /**
   * Puts a key and its certificate into use, at once: whoever reads sees a pair that fits, always. The certificate is on disk
   * before anything else: where this fails, or a crash ends it, settle() goes on.
   * @param key one that this store gave.
   */
  accept(certificate: ClientCertificate, key: ClientKey): Promise<void>
}
