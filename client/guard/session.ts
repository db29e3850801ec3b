/** The certificate that a session may have been opened with, as far as a guard needs it. */
export interface SessionCertificate {
  /** DER. */
  readonly der: Uint8Array
  /** UPN, common name and mail address, in the one spelling that names are compared in. */
  readonly names: readonly string[]
  /** The device that it names; a UUID in lower case, undefined for none. */
  readonly deviceId: string | undefined
  /** SHA-256 of the SubjectPublicKeyInfo, lower-case hex. */
  readonly keyHash: string
  readonly notBefore: Date
  /** Inclusive. */
  readonly notAfter: Date
}

/** A tunnel of a user, as a server tells of it. */
export interface Session {
  /** The server's own word for it, which nobody else chooses. */
  readonly id: string
  /** Tells, beside the id, that a session still is this one: ids begin anew with the server. */
  readonly mark: string
  /** What the server calls the user: UPN, object id, or whatever the client said; as it is written. */
  readonly user: string
  /** When it was opened, or authenticated last. */
  readonly since: Date
  /** One of these opened it, where the server tells certificates; more than one where it does not tell which. */
  readonly certificates: readonly SessionCertificate[]
}
