import type { TrustBundle } from '../../lib/bundle/trustBundle.ts'
import { type Trusted, trustFolder } from '../trustFolder.ts'
import type { HookFacts } from './hook.ts'
import type { TrustHook, TrustSpec } from './trustSpec.ts'

/** What became of a bundle that servers are to load. */
export type Loading =
  /** There is no hook, or no bundle yet. */
  | { readonly kind: 'nothing'; readonly trusted: Trusted }
  /** Servers loaded it before. */
  | { readonly kind: 'current'; readonly trusted: Trusted }
  | { readonly kind: 'loaded'; readonly trusted: Trusted; readonly bundle: TrustBundle }
  | {
      readonly kind: 'failed'
      readonly trusted: Trusted
      readonly bundle: TrustBundle
      readonly why: string
      readonly isPutBack: boolean
      /** Why servers did not load the files that were put back either. */
      readonly whyAgain: string | undefined
    }
  /** The agent ends, and the hook with it: it is run again when an agent starts. */
  | { readonly kind: 'stopped'; readonly trusted: Trusted }

/** The bundle whose files servers are to load. */
interface Offered {
  readonly bundle: TrustBundle
  readonly previous: TrustBundle | undefined
  readonly isPutBack: boolean
}

const isSame = (one: TrustBundle | undefined, other: TrustBundle): boolean =>
  one?.sha256.json === other.sha256.json

/** Tells the hook what it is about. */
const factsOf = ({ folder, tenant }: TrustSpec, { bundle, previous, isPutBack }: Offered): HookFacts => ({
  MAYFLY_EVENT: 'trust-changed',
  MAYFLY_TENANT: tenant,
  MAYFLY_TRUST_FOLDER: folder,
  MAYFLY_TRUST_PEM: trustFolder(folder, tenant).files.pem,
  MAYFLY_TRUST_CERTIFICATES: trustFolder(folder, tenant).files.certificates,
  MAYFLY_TRUST_SEQUENCE: String(bundle.sequence),
  MAYFLY_TRUST_PREVIOUS_SEQUENCE: String(previous?.sequence ?? ''),
  MAYFLY_TRUST_PUT_BACK: isPutBack ? '1' : '0',
})

/** Puts the files back that servers loaded last, where that is permitted, and has them loaded again. */
const fallBack = async (
  spec: TrustSpec,
  failed: { readonly hook: TrustHook; readonly bundle: TrustBundle; readonly why: string },
  signal: AbortSignal,
): Promise<Loading> => {
  const { hook, bundle, why } = failed
  const trusted = await trustFolder(spec.folder, spec.tenant, signal).putBack(bundle)
  const { served, installed } = trusted
  const isPutBack = served !== undefined && served.sequence !== installed?.sequence
  const whyAgain = isPutBack
    ? await hook(factsOf(spec, { bundle: served, previous: bundle, isPutBack }), signal)
    : undefined
  return { kind: 'failed', trusted, bundle, why, isPutBack, whyAgain }
}

/**
 * Has servers load the installed bundle, unless they did. When the hook fails, the files that they loaded last are put back;
 * where the installed bundle no longer holds one of their certificates, the new ones stay.
 * @throws {Refusal} as trustFolder() does; or the fault of the file system
 */
export const loadTrust = async (spec: TrustSpec, trusted: Trusted, signal: AbortSignal): Promise<Loading> => {
  const { onTrustChange: hook, folder, tenant } = spec
  const { installed, loaded } = trusted
  if (!hook || !installed) return { kind: 'nothing', trusted }
  if (isSame(loaded, installed)) return { kind: 'current', trusted }
  const files = trustFolder(folder, tenant, signal)
  const forward = await files.putForward()
  const bundle = forward.installed ?? installed
  const why = await hook(factsOf(spec, { bundle, previous: loaded, isPutBack: false }), signal)
  if (signal.aborted) return { kind: 'stopped', trusted: forward }
  if (why !== undefined) return fallBack(spec, { hook, bundle, why }, signal)
  return { kind: 'loaded', bundle, trusted: await files.markLoaded(bundle) }
}
