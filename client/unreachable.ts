import { TLSSocket } from 'node:tls'
import { Refusal } from '../lib/errors/refusal.ts'

/** Explains the names that OpenSSL and Node.js have for the usual faults of a server's certificate. */
export const certificateFaults: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'its certificate has expired',
  CERT_NOT_YET_VALID: 'its certificate is not valid yet; see the clock of this machine',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another host name',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is signed by itself, and not trusted here',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate is of an authority that is not trusted here',
  UNABLE_TO_GET_ISSUER_CERT: 'its certificate is of an authority that is not trusted here',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its certificate is of an authority that is not trusted here',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate is of an authority that is not trusted here',
}

const protocolFault = 'it does not speak TLS as this machine does'

/** Why a handshake failed; undefined when it did not, and something else is wrong. */
const tlsFault = (code: string, socket: unknown): string | undefined => {
  if (socket instanceof TLSSocket && socket.authorizationError)
    return certificateFaults[code] ?? 'its certificate does not verify'
  return /^(?:EPROTO$|ERR_SSL_|ERR_TLS_)/.test(code) ? protocolFault : undefined
}

/**
 * The refusal that a failed connection is.
 * @param what is not reached.
 * @param socket of the connection, if it came to one.
 * @returns `service-untrusted` where TLS failed, which does not pass by itself; else `service-unavailable`
 */
export const unreachable = (what: string, cause: unknown, socket?: unknown): Refusal => {
  if (cause instanceof Refusal) return cause
  const { code = '', message } = cause as NodeJS.ErrnoException
  const fault = tlsFault(code, socket)
  if (fault !== undefined)
    return new Refusal('service-untrusted', `Cannot talk to ${what}: ${fault} (${code}).`, { cause })
  const why = code === 'ABORT_ERR' ? 'there was no answer in time' : code || message
  return new Refusal('service-unavailable', `Cannot reach ${what}: ${why}.`, { cause })
}
