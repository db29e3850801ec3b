import { X509Certificate } from 'node:crypto'
import { rootCertificates, type TLSSocket } from 'node:tls'
import { Refusal } from '../../lib/errors/refusal.ts'
import type { Way } from '../proxyFor.ts'
import { shakeHands } from '../shakeHands.ts'
import { certificateFaults } from '../unreachable.ts'
import { printable } from '../printable.ts'
import { type Found, ok, problem, warning } from './finding.ts'

/** A server that is to be looked at. */
export interface LookedAt {
  readonly url: URL
  readonly way: Way
  /** PEM of the authorities to trust instead of the system's. */
  readonly ca: string | undefined
  readonly now: Date
}

/** What a server showed of itself. */
export interface Shown {
  readonly certificate: X509Certificate
  /** That of the authority at the top of its chain, as far as it is known. */
  readonly top: X509Certificate
  /** Why it is not trusted, by the name that OpenSSL or Node.js has for it; undefined for one that is. */
  readonly fault: string | undefined
  readonly protocol: string
}

const timeoutMilliseconds = 8_000
const dayMilliseconds = 86_400_000
const warnDays = 7

/** How products that inspect TLS call themselves in the certificates that they make. */
const inspectors =
  /zscaler|netskope|forti(?:net|gate)|palo alto|blue ?coat|symantec web|sophos|cisco (?:umbrella|secure)|mcafee|trellix|check ?point|watchguard|sonicwall|barracuda|forcepoint|websense|kaspersky|eset|avast|avg|bitdefender|squid|mitmproxy|charles proxy|fiddler|burp|portswigger/i

/** The common name, or else the whole, of a name in the notation of Node.js: an attribute a line. */
const shortName = (name: string): string => {
  const attributes = name.split('\n')
  const find = (type: string) => attributes.find((one) => one.startsWith(`${type}=`))
  const told = [find('CN'), find('O')].filter((one) => one !== undefined)
  return printable((told.length === 0 ? attributes : told).join(', '))
}

const topOf = (certificate: X509Certificate): X509Certificate => {
  const above = certificate.issuerCertificate
  return above === undefined || above.fingerprint256 === certificate.fingerprint256
    ? certificate
    : topOf(above)
}

const faultOf = ({ authorizationError: fault }: TLSSocket): string | undefined =>
  // Node.js gives the code alone, whatever its types say.
  fault === undefined || fault === null ? undefined : String(fault)

/** Looks at whoever answers: it does not matter yet who that is. */
const shake = ({ url, way, ca }: LookedAt): Promise<Shown> => {
  const signal = AbortSignal.timeout(timeoutMilliseconds)
  const proxy = way.kind === 'proxy' ? way.proxy : undefined
  return shakeHands({ url, proxy, ca, signal, takesAny: true }, (socket, failure) => {
    if (failure !== undefined) throw failure
    const certificate = socket.getPeerX509Certificate()
    if (!certificate) throw new Error('the server shows no certificate')
    const protocol = socket.getProtocol() ?? 'TLS'
    return { certificate, top: topOf(certificate), fault: faultOf(socket), protocol }
  })
}

/** Whether a chain ends at, or right below, an authority that the public trusts by way of Node.js. */
const isPublic = (top: X509Certificate, roots: readonly string[]): boolean =>
  roots
    .map((pem) => new X509Certificate(pem))
    .some(
      (root) =>
        root.fingerprint256 === top.fingerprint256 ||
        (root.subject === top.issuer && top.checkIssued(root) && top.verify(root.publicKey)),
    )

const unknownAuthority =
  'Where your organisation inspects TLS, have it exempt this host, for whoever inspects reads tokens; or take its authority: its PEM by `ca` in mayfly.toml (--ca), or in NODE_EXTRA_CA_CERTS; NODE_OPTIONS=--use-system-ca takes those of the system. Where neither that nor an authority of your own is meant, somebody else answers: send nothing.'

const clockRemedy =
  'Set the clock of this machine by NTP. Where it is right, whoever runs the service mends its certificate.'

/** What to do about a certificate, where it is not that its authority is not trusted. */
const remedies: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: `Whoever runs the service renews it. ${clockRemedy}`,
  CERT_NOT_YET_VALID: clockRemedy,
  ERR_TLS_CERT_ALTNAME_INVALID:
    'Check the URL, and what the name leads to: a captive portal or another server may answer there.',
}

/** What tells more of a fault: whom the certificate is for, until when, or by whom. */
const moreOf = (fault: string, { certificate, top }: Shown): string => {
  if (fault === 'CERT_HAS_EXPIRED') return `at ${certificate.validToDate.toISOString()}`
  if (fault === 'CERT_NOT_YET_VALID') return `before ${certificate.validFromDate.toISOString()}`
  if (fault === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return `it names ${printable(certificate.subjectAltName ?? shortName(certificate.subject))}`
  return `its issuer is ${shortName(top.issuer)}`
}

/** Names the product that inspects, where the certificate does. */
const inspected = ({ certificate, top }: Shown): string => {
  const [product] = inspectors.exec(`${certificate.issuer}\n${top.issuer}`) ?? []
  return product === undefined
    ? 'TLS may be intercepted on the way'
    : `TLS is intercepted on the way, as ${product} does`
}

/** Judges a certificate that is not trusted. */
const faultFound = (shown: Shown, fault: string): Found => {
  const why = certificateFaults[fault] ?? 'its certificate does not verify'
  const told = `${why} (${fault}): ${moreOf(fault, shown)}`
  const remedy = remedies[fault]
  return remedy === undefined
    ? problem(`${told}; ${inspected(shown)}`, unknownAuthority)
    : problem(told, remedy)
}

/**
 * Judges what a server showed.
 * @param roots PEM of the authorities that the public trusts.
 */
export const judgeShown = (
  shown: Shown,
  { ca, now }: Pick<LookedAt, 'ca' | 'now'>,
  roots: readonly string[] = rootCertificates,
): Found => {
  const { certificate, top, fault, protocol } = shown
  if (fault !== undefined) return faultFound(shown, fault)
  const days = Math.floor((certificate.validToDate.getTime() - now.getTime()) / dayMilliseconds)
  const told = `${protocol}; its certificate, by ${shortName(certificate.issuer)}, is good for ${days} days`
  if (ca === undefined && !isPublic(top, roots))
    return warning(
      `${told}; that is no public authority, but one that was added on this machine: ${inspected(shown)}`,
      'Where that is not meant, find out who added it (NODE_EXTRA_CA_CERTS, the system): whoever inspects TLS reads tokens. For an authority of your own, name it by `ca` (--ca), and no other counts.',
    )
  if (days >= warnDays) return ok(told)
  return warning(told, 'Whoever runs the service sees why its certificate was not renewed.')
}

/** Looks at the certificate of a server, and says whether TLS is intercepted on the way. */
export const tlsFound = async (looked: LookedAt): Promise<Found> => {
  if (looked.url.protocol === 'http:') return ok('plain http, which stays on this machine')
  try {
    return judgeShown(await shake(looked), looked)
  } catch (error) {
    if (error instanceof Refusal) throw error
    const { code, message } = error as NodeJS.ErrnoException
    return problem(
      `does not speak TLS as this machine does (${code ?? message})`,
      'Check the port of the URL. Where it is right, something on the way ends the connection: a firewall that inspects TLS, or a server of old versions alone.',
    )
  }
}
