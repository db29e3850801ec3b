import type { AuthorityEvent } from '../authorityEvent.ts'
import { bundleFiles } from '../storedBundle.ts'

/** Tells of an installed bundle as the row has it, from the party or from an administrator. */
export interface ToldBundle {
  /** 0 before the first time. */
  readonly sequence: number
  /** SHA-256 of the file that it installed, lower-case hex; empty before the first time. */
  readonly sha256: string
}

/** The bundle that counts as installed. */
export interface InstalledBundle {
  /** 0 for none. */
  readonly installedSequence: number
  /** Why what was told does not count; empty when it does, or when nothing was told. */
  readonly doubt: string
}

/** The sequences of the bundles that were published, by the digests of their files: bundles may share a file. */
export type PublishedBundles = ReadonlyMap<string, readonly number[]>

/** Reads which bundles were published from the history of an authority. */
export const publishedBundles = (events: readonly AuthorityEvent[]): PublishedBundles => {
  const published = new Map<string, number[]>()
  for (const { sequence, digests } of events)
    for (const file of bundleFiles) {
      const found = published.get(digests[file]) ?? []
      published.set(digests[file], [...found, sequence])
    }
  return published
}

const doubted = (doubt: string): InstalledBundle => ({ installedSequence: 0, doubt })

/**
 * Tells which bundle a relying party holds: the one that its digest is of. The number beside it proves nothing, since
 * whoever may write to the table may alter it: a row whose number and digest disagree was altered, or is half of two.
 */
export const installedBundle = (
  { sequence, sha256 }: ToldBundle,
  published: PublishedBundles,
): InstalledBundle => {
  if (sha256 === '') return sequence === 0 ? doubted('') : doubted('it told no digest')
  const found = published.get(sha256)
  if (!found) return doubted('its digest is of no bundle that was published')
  if (!found.includes(sequence)) return doubted('its number is not that of its digest')
  return { installedSequence: sequence, doubt: '' }
}
