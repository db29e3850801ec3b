import type { BundleStatus } from '../../client/agent/bundleStatus.ts'
import type { FrozenPlace } from '../../client/agent/frozenPlaces.ts'
import { formatFields, formatTime } from '../commandLine/formatTable.ts'
import { field } from './formatCredentials.ts'

const bundleOf = ({ sequence, servedSequence }: BundleStatus): string | undefined => {
  if (sequence === undefined) return undefined
  return servedSequence === sequence
    ? `${sequence}`
    : `${sequence}; servers have the files of ${servedSequence}`
}

const alteredOf = ({ altered }: BundleStatus): string | undefined =>
  altered && `${altered.slice(0, 5).join(', ')}: not what the bundle says, until the next look`

const hookOf = ({ hookError }: BundleStatus): string | undefined =>
  hookError && `failed: it ${hookError.why} (since ${hookError.since})`

const frozenOf = ({ name, since, sequence, newest }: FrozenPlace): string =>
  `${name} has bundle ${sequence}, and ${newest} is in force (since ${since})`

const fieldsOf = (status: BundleStatus, now: Date): string => {
  const timeOf = (text: string | undefined) => text && formatTime(new Date(text), now)
  const { folder, tenant, state, lastError } = status
  return formatFields([
    ['trust bundle', folder],
    ['tenant', tenant],
    ['state', state],
    ...field('sequence', bundleOf(status)),
    ...field('altered files', alteredOf(status)),
    ...field('issued', timeOf(status.issuedAt)),
    ...field('next activation', timeOf(status.nextActivation)),
    ...field('last confirmed', timeOf(status.confirmedAt)),
    ...field('next look', timeOf(status.nextAt)),
    ...field('hook', hookOf(status)),
    ...status.frozen.map((place) => ['behind', frozenOf(place)] as const),
    ...field('last error', lastError && `${lastError.detail} (${lastError.code}, since ${lastError.since})`),
    ...field('what to do', lastError?.remedy),
  ])
}

/** Tells of trust bundles, one after the other. */
export const formatBundles = (statuses: readonly BundleStatus[], now: Date): string =>
  statuses.map((status) => fieldsOf(status, now)).join('\n\n')
