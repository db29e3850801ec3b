import { type AuthorityEvent, readEvents } from '../../lib/authority/authorityEvent.ts'
import { isPublished } from '../../lib/authority/generation.ts'
import {
  authorityStatus as statusOf,
  type GenerationStatus,
} from '../../lib/authority/change/authorityStatus.ts'
import { listRelyingParties } from '../../lib/authority/adopt/relyingParty.ts'
import { actorText } from '../../lib/tenant/actor.ts'
import { catalogue } from '../../lib/errors/catalogue.ts'
import type { Refusal } from '../../lib/errors/refusal.ts'
import { authorityJson } from './describeGeneration.ts'
import { command } from '../commandLine/command.ts'
import { exitCodes } from '../commandLine/exitCodes.ts'
import { viewAuthority, viewOptions } from './openAuthority.ts'
import { relyingPartyJson, relyingPartyTable } from '../relyingParty/relyingPartyTable.ts'
import { formatFields, formatHanging, formatTable, formatTime } from '../commandLine/formatTable.ts'
import type { Authority } from '../../lib/authority/authority.ts'
import type { Circumstances } from '../../lib/authority/change/plan.ts'
import { activationTime } from '../../lib/authority/adopt/waits.ts'

const minute = 60_000

/** Shortens a step that waits for a time, which a column has room to tell to the minute alone: rounded up, it holds. */
const shortStep = (step: string): string =>
  step.replace(/(\S+Z) on$/, (_, time: string) => {
    const roundedUp = new Date(Math.ceil(Date.parse(time) / minute) * minute)
    return `${roundedUp.toISOString().slice(0, 16)}Z`
  })

const generationRow = ({ generation, daysLeft, nextStep }: GenerationStatus): readonly string[] => {
  const { id, state, tbs, algorithm } = generation
  return [
    id,
    state,
    tbs.notAfter.toISOString().slice(0, 10),
    String(daysLeft),
    algorithm,
    shortStep(nextStep),
  ]
}

/** Lists what relying parties pin: whole digests, to be copied. */
const anchorTable = (status: readonly GenerationStatus[]): string => {
  const roots = status
    .map(({ generation }) => generation)
    .filter((generation) => generation.kind === 'root' && isPublished(generation))
  return formatTable(
    ['anchor', 'SHA-256'],
    roots.map(({ id, digest }) => [id, digest]),
  )
}

/** Warns that nothing below it is to be relied on. */
const doubtText = ({ code, detail }: Refusal): string =>
  [formatHanging('! ', detail), formatHanging('  ', catalogue[code].remedy)].join('\n')

const eventJson = ({ at, by, ...event }: AuthorityEvent) => ({
  ...event,
  by: actorText(by),
  actor: by,
  at: at.toISOString(),
})

interface Moment {
  readonly at: Date
  readonly what: string
}

const toMinute = (at: Date) => `${at.toISOString().slice(0, 16)}Z`

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

/** Tells what happened to an authority and what is to come, oldest first, now marked; plain text of 80 columns. */
const timeline = (
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
    .map(({ at, what }) => formatHanging(`${toMinute(at)}  `, what))
    .join('\n')

export const authorityStatus = command({
  name: 'authority status',
  summary: 'show roots and issuers, and what to do next',
  options: viewOptions,
  notes: 'Exits with 3 when the authority is not what a trusted root signed.',
  async run(options, context) {
    const { authority, circumstances, ceremony, doubt } = await viewAuthority(options, context)
    const { tables, now } = ceremony
    const { tenant, bundle } = authority
    const parties = await listRelyingParties(tables, tenant)
    const events = await readEvents(tables, tenant)
    const status = statusOf(authority, circumstances)
    const sections = [
      ...(doubt ? [doubtText(doubt)] : []),
      formatFields([
        ['tenant', tenant],
        ['bundle', String(bundle.sequence)],
        ['issued', formatTime(bundle.issuedAt, now)],
      ]),
      formatTable(['generation', 'state', 'until', 'days', 'key', 'next step'], status.map(generationRow)),
      ...(doubt ? [] : [anchorTable(status)]),
      parties.length === 0
        ? 'No relying parties are listed: only the publication window is waited for.'
        : relyingPartyTable(parties, bundle.sequence),
      timeline(authority, { events, circumstances }),
    ]
    return {
      text: sections.join('\n\n'),
      json: {
        ...authorityJson(authority),
        relyingParties: parties.map(relyingPartyJson),
        nextSteps: status.map(({ generation, daysLeft, lagging, nextStep }) => ({
          id: generation.id,
          daysLeft,
          lagging,
          nextStep,
        })),
        events: events.map(eventJson),
        doubt: doubt ? { code: doubt.code, detail: doubt.detail } : null,
      },
      ...(doubt ? { exitCode: exitCodes.refused } : {}),
    }
  },
})
