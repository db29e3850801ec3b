import type { RefusalCode } from '../lib/errors/catalogue.ts'
import { Refusal } from '../lib/errors/refusal.ts'
import { checkServiceUrl, fetchText } from './callService.ts'
import { claimedSigner } from '../lib/bundle/verifyBundleSignature.ts'
import { type TrustBundle, verifyTrustBundle } from '../lib/bundle/trustBundle.ts'
import { type Accepted, trustFolder, type Trusted } from './trustFolder.ts'

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
  /**
   * Digests as well, given by hand to a relying party that knows none of the roots left: these may sign the next bundle,
   * and those of the installed one may not. A root that an installed bundle held once and dropped never may.
   */
  readonly newAnchors?: readonly string[] | undefined
  /** PEM of the authorities to trust for https instead of the system's. */
  readonly ca?: string | undefined
  /** How often it is tried while the service is unavailable; three times when left out. */
  readonly attempts?: number | undefined
  readonly signal?: AbortSignal | undefined
  readonly now: Date
}

export interface FetchedTrust {
  readonly installed: 'new' | 'unchanged'
  readonly sequence: number
  /** Of the bundle that was installed before; undefined for the first. */
  readonly previousSequence: number | undefined
  readonly bundle: TrustBundle
}

/** A root leaves bundles for good: whoever says otherwise by hand repeats what was true before a taint. */
const checkNew = ({ formerAnchors }: Trusted, newAnchors: readonly string[]): readonly string[] => {
  const former = newAnchors.find((digest) => formerAnchors.includes(digest))
  if (former === undefined) return newAnchors
  throw new Refusal(
    'trust-bundle-refused',
    `Cannot trust the root ${former} anew: it was in a bundle installed here and left it, and no root comes back.`,
  )
}

const anchorsFor = (trusted: Trusted, options: FetchTrustOptions): readonly string[] => {
  const { newAnchors = [] } = options
  if (newAnchors.length > 0) return checkNew(trusted, newAnchors)
  const pinned = !trusted.installed && options.anchors.length > 0 ? options.anchors : trusted.anchors
  if (pinned.length > 0) return pinned
  throw new Refusal(
    'usage-wrong',
    `Cannot fetch the first trust bundle of ${options.tenant}: give the SHA-256 of a root to trust (--anchor). Ask an administrator for it, who sees it with \`mayfly authority status\`.`,
  )
}

/** Tells that a service, or a mirror without documents of its own, has no such file. */
const missing: readonly RefusalCode[] = ['certificate-unknown', 'service-refused', 'service-not-reached']

/** The bundle as one of the anchors signed it; undefined when there is none. */
const fetchSignedBy = async (
  anchors: readonly string[],
  fetchFile: (file: string) => Promise<string | undefined>,
): Promise<string | undefined> => {
  for (const anchor of anchors) {
    try {
      return await fetchFile(`trust/${anchor}.jws`)
    } catch (error) {
      if (!(error instanceof Refusal) || !missing.includes(error.code)) throw error
    }
  }
  return undefined
}

/**
 * Fetches the bundle signed by an anchor, or what is there instead: it is refused by what it is, then.
 * @returns undefined when the installed one is current.
 */
export const fetchBundle = async (
  { tenant, ca, attempts, signal }: Pick<FetchTrustOptions, 'tenant' | 'ca' | 'attempts' | 'signal'>,
  base: URL,
  { anchors, installed }: Pick<Trusted, 'anchors' | 'installed'>,
): Promise<string | undefined> => {
  const fetchFile = (file: string, etag?: string) =>
    fetchText(
      { url: new URL(`v1/${encodeURIComponent(tenant)}/${file}`, base), headers: {}, ca, attempts, signal },
      etag,
    )
  const jws = await fetchFile('trust.jws', installed && `"${installed.sha256.jws}"`)
  if (jws === undefined || anchors.includes(claimedSigner(jws))) return jws
  return (await fetchSignedBy(anchors, fetchFile)) ?? jws
}

const unchanged = (bundle: TrustBundle): FetchedTrust => ({
  installed: 'unchanged',
  sequence: bundle.sequence,
  previousSequence: bundle.sequence,
  bundle,
})

/**
 * Fetches the trust bundle of a tenant from a service or a mirror, and installs it if it is a later one. A bundle that is
 * refused leaves the installed one as it was.
 * @throws {Refusal} `trust-bundle-refused`, `folder-busy`, `usage-wrong`, `service-unavailable` or another that the service
 *   told
 */
export const fetchTrust = async (options: FetchTrustOptions): Promise<FetchedTrust> => {
  const base = checkServiceUrl(options.url)
  const { tenant, now } = options
  const folder = trustFolder(options.folder, tenant, options.signal)
  const before = await folder.read()
  const anchors = anchorsFor(before, options)
  const jws = await fetchBundle(options, base, { anchors, installed: before.installed })
  if (before.installed && (jws === undefined || jws === before.installed.jws))
    return unchanged(before.installed)
  const verify = async (trusted: Trusted): Promise<Accepted> => {
    const expected = { tenant, anchors: anchorsFor(trusted, options), installed: trusted.installed, now }
    return { anchors: expected.anchors, bundle: await verifyTrustBundle(jws ?? '', expected) }
  }
  const { bundle } = await verify(before)
  // Whoever was faster with a later bundle did what was to be done here.
  const isOvertaken = ({ installed }: Trusted) =>
    installed !== undefined && installed.sequence > bundle.sequence
  const { installed } = await folder.install(async (trusted) =>
    isOvertaken(trusted) ? undefined : verify(trusted),
  )
  const { sequence } = bundle
  if (installed && installed.sequence >= sequence)
    return unchanged(installed.sequence > sequence ? installed : bundle)
  return { installed: 'new', sequence, previousSequence: installed?.sequence, bundle }
}
