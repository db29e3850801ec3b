import { type BundleStatus, bundleStatus } from '../../client/agent/bundleStatus.ts'
import type { MachineTime } from '../../client/agent/believedAhead.ts'
import { credentialStatus } from '../../client/agent/credentialStatus.ts'
import type { Origin } from '../../client/agent/whyAnother.ts'
import type { CredentialStore } from '../../client/credential/credentialStore.ts'
import { readGuardState } from '../../client/guard/guardState.ts'
import { brokenGuards, guardStatus } from '../../client/guard/guardStatus.ts'
import { brokenWatches, type WatchedFolder, watchStatus } from '../../client/profileWatch/watchStatus.ts'
import { readWatchState } from '../../client/profileWatch/watchState.ts'
import { catalogue } from '../../lib/errors/catalogue.ts'
import type { Outcome } from '../commandLine/command.ts'
import { formatBundles } from './formatBundles.ts'
import { formatGuards } from './formatGuards.ts'
import { brokenCredentials, exitCodeFor, formatCredentials } from './formatCredentials.ts'
import { formatWatches } from './formatWatches.ts'

/** What a status is about. */
export interface Shown {
  readonly credentials: readonly (Origin & {
    readonly folder: string
    readonly store: Pick<CredentialStore, 'held'>
  })[]
  readonly bundles: readonly { readonly folder: string; readonly tenant: string }[]
  /** The bundles by which sessions are guarded. */
  readonly guarded: Shown['bundles']
  readonly profiles: readonly WatchedFolder[]
}

/** Tells of each bundle that is not in order whether that may pass by itself. */
const brokenBundles = (statuses: readonly BundleStatus[]): readonly boolean[] =>
  statuses
    .filter(({ state }) => state !== 'current')
    .map(({ lastError }) => lastError !== undefined && catalogue[lastError.code].status >= 500)

/** Tells of everything that an agent keeps: 0 when all of it is in order. Asks nobody. */
export const statusOutcome = async (shown: Shown, machine: MachineTime): Promise<Outcome> => {
  const now = machine.now()
  const credentials = await Promise.all(shown.credentials.map((one) => credentialStatus(one, machine)))
  const bundles = await Promise.all(shown.bundles.map((one) => bundleStatus(one, now)))
  const guards = await Promise.all(
    shown.guarded.map(async ({ folder, tenant }) =>
      guardStatus(folder, await readGuardState(folder, tenant), now),
    ),
  )
  const watches = await Promise.all(
    shown.profiles.map(async (one) => watchStatus(one, (await readWatchState(one.folder)).state, now)),
  )
  const parts = [
    formatCredentials(credentials, now),
    formatBundles(bundles, now),
    formatGuards(guards, now),
    formatWatches(watches, now),
  ]
  return {
    text: parts.filter((part) => part !== '').join('\n\n'),
    json: { credentials, bundles, guards, profiles: watches },
    exitCode: exitCodeFor([
      ...brokenCredentials(credentials),
      ...brokenBundles(bundles),
      ...brokenGuards(guards),
      ...brokenWatches(watches),
    ]),
  }
}
