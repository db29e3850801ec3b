import type { RelyingParty } from '../reportAdoption.ts'
import type { HookFacts } from './hook.ts'
import type { AgentWorld } from './agentWorld.ts'

/** Where a bundle can be fetched: a mirror, or the service. It gets no secret, and is believed nothing. */
export interface TrustPlace {
  /** Base URL: https, or http on this machine. */
  readonly url: string
  /** PEM of the authorities to trust for https instead of the system's. */
  readonly ca?: string | undefined
}

/**
 * Has servers load the files of a bundle.
 * @param facts variables of the environment, none of them secret.
 * @returns undefined when it succeeded; else why it did not: `ended with 3`. Never rejects.
 */
export type TrustHook = (facts: HookFacts, signal: AbortSignal) => Promise<string | undefined>

/** One trust bundle that is kept current: what a configuration comes to. */
export interface TrustSpec {
  /** Holds the bundle, the state and the locks: how events call it. */
  readonly folder: string
  readonly tenant: string
  /** Asked in turn until one answers well: mirrors first, the service last. At least one. */
  readonly places: readonly TrustPlace[]
  /** As fetchTrust() takes them. */
  readonly anchors: readonly string[]
  readonly newAnchors?: readonly string[] | undefined
  /** Who reports, and to which service; without it nobody is told, and no freeze is noticed. */
  readonly relyingParty?: RelyingParty | undefined
  readonly onTrustChange?: TrustHook | undefined
}

/** What keeping a bundle needs of what is around. */
export type TrustWorld = Pick<AgentWorld, 'now' | 'chance' | 'report'>

/** Names a place without what its URL may hold beside: a user, a password, a query. */
export const placeName = (url: string): string => {
  const { origin, pathname } = new URL(url)
  return `${origin}${pathname}`.replace(/\/$/, '')
}
