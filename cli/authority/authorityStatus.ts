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
import { anchorOption } from './anchorOption.ts'
import type { Command } from '../commandLine/command.ts'
import { exitCodes } from '../commandLine/exitCodes.ts'
import { viewAuthority } from './openAuthority.ts'
import { relyingPartyJson, relyingPartyTable } from '../relyingParty/relyingPartyTable.ts'
import { formatFields, formatHanging, formatTable, formatTime } from '../commandLine/formatTable.ts'
import { timeline } from './timeline.ts'

const minute = 60_000

/** A step that waits for a time, which a column has room to tell to the minute alone: rounded up, it holds. */
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

/** What relying parties pin: whole digests, to be copied. */
const anchorTable = (status: readonly GenerationStatus[]): string => {
  const roots = status
    .map(({ generation }) => generation)
    .filter((generation) => generation.kind === 'root' && isPublished(generation))
  return formatTable(
    ['anchor', 'SHA-256'],
    roots.map(({ id, digest }) => [id, digest]),
  )
}

/** Nothing below it is to be relied on. */
const doubtText = ({ code, detail }: Refusal): string =>
  [formatHanging('! ', detail), formatHanging('  ', catalogue[code].remedy)].join('\n')

const eventJson = ({ at, by, ...event }: AuthorityEvent) => ({
  ...event,
  by: actorText(by),
  actor: by,
  at: at.toISOString(),
})

export const authorityStatus: Command = {
  name: 'authority status',
  summary: 'show roots and issuers, and what to do next',
  help: `--tenant TENANT
--anchor SHA256   a root to trust, where this machine knows none
exits with 3 when the authority is not what a trusted root signed`,
  options: { tenant: { type: 'string' }, ...anchorOption },
  async run(context) {
    const { authority, circumstances, ceremony, doubt } = await viewAuthority(context)
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
}
