/** How much of a body is taken. */
export interface BodyLimit {
  /** Of the body as it is sent. */
  readonly maxOctets: number
  /** The most characters of each member of a JSON document that may be long. */
  readonly members?: Readonly<Record<string, number>>
}

/** A certification request of 16 KiB, as base64 with line breaks and a frame. */
const csr = 24 * 1024

/** Tokens about the device: their senders have a header of 16 KiB, which the compliance token nearly fills, and so this. */
const posture = 16 * 1024
const attestation = 16 * 1024

/** The names of the members, their punctuation, and what line breaks are escaped with. */
const frame = 1024

/**
 * Every limit of a body that the service takes, by path and media type. They bound what a stranger has read and parsed; the
 * host's own (hostLimits.bodyOctets) stands in front of them, and is wider than each.
 */
export const bodyLimits = {
  certificates: {
    'application/json': {
      maxOctets: csr + posture + attestation + frame,
      members: { csr, posture, attestation },
    },
    'application/pkcs10': { maxOctets: csr },
    'application/x-pem-file': { maxOctets: csr },
    'text/plain': { maxOctets: csr },
  },
  /** A digest in JSON, with room. */
  adoptions: { 'application/json': { maxOctets: 1024 } },
} as const satisfies Readonly<Record<string, Readonly<Record<string, BodyLimit>>>>

/** The most characters of each long member of a request for a certificate. */
export const memberLimits = bodyLimits.certificates['application/json'].members
