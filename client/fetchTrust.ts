import { Refusal } from '../lib/errors/refusal.ts'
import { jsonMember } from '../lib/json/jsonMember.ts'
import { callService, checkServiceUrl, fetchText } from './service.ts'
import { type TrustBundle, verifyTrustBundle } from '../lib/bundle/trustBundle.ts'
import { trustFolder, type Trusted } from './trustFolder.ts'

/** Who tells the service what it installed, and which service that is. */
export interface RelyingParty {
  /** Base URL of the service itself, which gets the secret: https, or http on this machine. */
  readonly url: string
  /** PEM of the authorities to trust for https instead of the system's. */
  readonly ca?: string | undefined
  readonly name: string
  /** What `mayfly relying-party add` made: visible ASCII. */
  readonly secret: string
}

/** What a relying party fetches its bundle with. */
export interface FetchTrustOptions {
  /** Base URL of the service or a mirror: https, or http on this machine. It gets no secret. */
  readonly url: string
  readonly tenant: string
  /** The folder to install into. */
  readonly folder: string
  /**
   * SHA-256 digests of root certificates, lower-case hex, that may sign the first bundle. Once one is installed, its
   * own roots count and these do not: a pinned root may have been tainted since.
   */
  readonly anchors: readonly string[]
  readonly relyingParty?: RelyingParty | undefined
  /** PEM of the authorities to trust for https instead of the system's. */
  readonly ca?: string | undefined
  readonly now: Date
}

/** What fetching did. */
export interface FetchedTrust {
  readonly installed: 'new' | 'unchanged'
  readonly sequence: number
  /** Of the bundle that was installed before; undefined for the first. */
  readonly previousSequence: number | undefined
  readonly bundle: TrustBundle
}

const namedForm = /^[a-z0-9][a-z0-9.-]{0,62}$/
const secretForm = /^[\x21-\x7e]{1,256}$/

/** RFC 7617 has neither colons in names nor control characters anywhere. */
const checkRelyingParty = (relyingParty: RelyingParty): void => {
  checkServiceUrl(relyingParty.url)
  if (!namedForm.test(relyingParty.name))
    throw new Refusal('usage-wrong', 'Cannot report: no relying party can have this name.')
  if (!secretForm.test(relyingParty.secret))
    throw new Refusal('usage-wrong', 'Cannot report: the secret is empty or has characters that none has.')
}

const anchorsFor = ({ installed, anchors }: Trusted, options: FetchTrustOptions): readonly string[] => {
  const pinned = !installed && options.anchors.length > 0 ? options.anchors : anchors
  if (pinned.length > 0) return pinned
  throw new Refusal(
    'usage-wrong',
    `Cannot fetch the first trust bundle of ${options.tenant}: give the SHA-256 of a root to trust (--anchor). Ask an administrator for it, who sees it with \`mayfly authority status\`.`,
  )
}

const fetchBundle = (
  options: FetchTrustOptions,
  base: URL,
  installed: TrustBundle | undefined,
): Promise<string | undefined> => {
  const url = new URL(`v1/${encodeURIComponent(options.tenant)}/trust.jws`, base)
  const etag = installed ? `"${installed.sha256.jws}"` : undefined
  return fetchText({ url, headers: {}, ca: options.ca }, etag)
}

const report = async (
  tenant: string,
  { url, ca, name, secret }: RelyingParty,
  bundle: TrustBundle,
): Promise<void> => {
  const answer = await callService({
    url: new URL(`v1/${encodeURIComponent(tenant)}/adoptions`, checkServiceUrl(url)),
    headers: {
      authorization: `Basic ${Buffer.from(`${name}:${secret}`).toString('base64')}`,
      accept: 'application/json',
      'content-type': 'application/json',
    },
    // Not that of the JWS: a mirror can write an ECDSA signature in other octets, which verifies as well.
    body: JSON.stringify({ sha256: bundle.sha256.json }),
    ca,
  })
  if (jsonMember(answer, 'relyingParty') === name && jsonMember(answer, 'sequence') === bundle.sequence)
    return
  throw new Refusal(
    'service-answer-invalid',
    `Cannot tell that bundle ${bundle.sequence} is installed: the service recorded something else.`,
  )
}

const fetchAndInstall = async (options: FetchTrustOptions, base: URL): Promise<FetchedTrust> => {
  const { tenant, now } = options
  const folder = trustFolder(options.folder, tenant)
  const trusted = await folder.read()
  const { installed: before } = trusted
  const anchors = anchorsFor(trusted, options)
  const jws = await fetchBundle(options, base, before)
  const previousSequence = before?.sequence
  if (before && (jws === undefined || jws === before.jws))
    return { installed: 'unchanged', sequence: before.sequence, previousSequence, bundle: before }
  const bundle = await verifyTrustBundle(jws ?? '', { tenant, anchors, installed: before, now })
  await folder.install(bundle, anchors)
  // The same content may have been signed twice: what was installed last is what is told of.
  const same = bundle.sequence === previousSequence
  return { installed: same ? 'unchanged' : 'new', sequence: bundle.sequence, previousSequence, bundle }
}

/**
 * Fetches the trust bundle of a tenant from a service or a mirror, installs it if it is a later one, and tells the
 * service itself which one is installed. A bundle that is refused leaves the folder as it was.
 * @throws {Refusal} `trust-bundle-refused`, `usage-wrong`, `service-unavailable`, `service-answer-invalid`,
 *   `relying-party-refused` or another that the service told
 */
export const fetchTrust = async (options: FetchTrustOptions): Promise<FetchedTrust> => {
  const base = checkServiceUrl(options.url)
  const { relyingParty } = options
  if (relyingParty) checkRelyingParty(relyingParty)
  const fetched = await fetchAndInstall(options, base)
  if (relyingParty) await report(options.tenant, relyingParty, fetched.bundle)
  return fetched
}
