import type { Authority } from '../../lib/authority/authority.ts'
import type { AuthorityEvent } from '../../lib/authority/authorityEvent.ts'
import { isPublished } from '../../lib/authority/generation.ts'
import type { Circumstances } from '../../lib/authority/change/plan.ts'
import { activationTime } from '../../lib/authority/adopt/waits.ts'
import { actorText } from '../../lib/tenant/actor.ts'
import { formatHanging } from '../commandLine/formatTable.ts'

interface Moment {
  readonly at: Date
  readonly what: string
}

const minute = (at: Date) => `${at.toISOString().slice(0, 16)}Z`

const past = ({ at, sequence, action, changes, by, reason, forced }: AuthorityEvent): Moment => ({
  at,
  what: `${action} (bundle ${sequence}, ${actorText(by)}${forced.length > 0 ? ', forced' : ''}): ${changes.join(', ')}${reason === '' ? '' : `; ${reason}`}`,
})

const future = ({ generations }: Authority, circumstances: Circumstances): readonly Moment[] =>
  generations
    .filter(isPublished)
    .flatMap((generation) => [
      { at: generation.tbs.notAfter, what: `${generation.id} ends` },
      ...(generation.state === 'staged'
        ? [{ at: activationTime(generation, circumstances), what: `${generation.id} may be activated` }]
        : []),
    ])
    .filter(({ at }) => at > circumstances.now)

/** What happened to an authority and what is to come, oldest first, now marked; plain text of 80 columns. */
export const timeline = (
  authority: Authority,
  {
    events,
    circumstances,
  }: { readonly events: readonly AuthorityEvent[]; readonly circumstances: Circumstances },
): string =>
  [
    ...events.map(past),
    { at: circumstances.now, what: '-- now --' },
    ...future(authority, circumstances).toSorted((a, b) => a.at.getTime() - b.at.getTime()),
  ]
    .map(({ at, what }) => formatHanging(`${minute(at)}  `, what))
    .join('\n')
