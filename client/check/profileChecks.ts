import { readWatchState } from '../profileWatch/watchState.ts'
import { type WatchedFolder, type WatchStatus, watchStatus } from '../profileWatch/watchStatus.ts'
import { type Check, checksOf } from './check.ts'
import { type Found, ok, problem, warning } from './finding.ts'

/** What a profile that is not as the file says wants of somebody. */
const foundOf = (status: WatchStatus): readonly Found[] => {
  const { condition, profiles = [], error, checkedAt } = status
  if (condition === 'stopped')
    return [
      problem(
        checkedAt === undefined ? 'nobody ever checked them' : `nobody checked them since ${checkedAt}`,
        'Start the agent: mayfly agent install has the system do that; or mayfly profile watch.',
      ),
    ]
  if (error)
    return [
      problem(`${error.detail} (since ${error.since})`, 'mayfly profile check -f FILE names every fault.'),
    ]
  const others = profiles.filter((one) => one.condition !== 'current')
  if (others.length === 0) return [ok(`all are as the file says, checked at ${checkedAt}`)]
  return others.map(({ condition: own, since, text }) => {
    const detail = `${text} (since ${since})`
    if (own === 'waiting') return warning(detail, 'Disconnect: the change is made then.')
    if (own === 'held')
      return warning(detail, 'See whether the name is right, and whether the resolver answers.')
    return problem(detail, 'mayfly profile watch --installed shows the difference.')
  })
}

/** Lists what is asked about the VPN profiles of one file; nothing is changed, and no name resolved. */
export const profileChecks = (
  watched: WatchedFolder,
  { now }: { readonly now: () => Date },
): readonly Check[] =>
  checksOf(
    watched,
    {
      'vpn-profiles': async (one) =>
        foundOf(watchStatus(one, (await readWatchState(one.folder)).state, now())),
      'vpn-sources': async ({ folder }) => {
        const { sources } = (await readWatchState(folder)).state
        if (sources.length === 0) return ok('names and lists answered as they should')
        return sources.map((text) =>
          warning(text, 'Ask whoever answers for it; its last good answer counts.'),
        )
      },
    },
    watched.folder,
  )
