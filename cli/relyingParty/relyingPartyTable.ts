import type { RelyingParty } from '../../lib/authority/adopt/relyingParty.ts'
import type { PartyChange } from '../../lib/authority/adopt/partyChange.ts'
import { actorText } from '../../lib/tenant/actor.ts'
import { shownText } from '../../lib/terminal/shownText.ts'
import { formatHanging, formatTable, formatTime, shortName } from '../commandLine/formatTable.ts'

/** Tells what a relying party holds, against the bundle in force if that is known. */
const held = (
  { installedSequence, installedAt, doubt }: RelyingParty,
  latest: number | undefined,
): string => {
  if (!installedAt) return 'none'
  if (doubt !== '') return 'DOUBTED'
  if (latest === undefined) return String(installedSequence)
  return `${installedSequence} (${installedSequence >= latest ? 'current' : 'behind'})`
}

/**
 * The relying parties as a person reads them.
 * @param latest the sequence of the bundle in force, to tell who is behind.
 */
export const relyingPartyTable = (parties: readonly RelyingParty[], latest?: number): string => {
  const rows = parties.map((party) => {
    const { name, installedAt, confirmedBy } = party
    const told = installedAt?.toISOString().slice(0, 10) ?? ''
    return [shortName(name), held(party, latest), told, shortName(confirmedBy)]
  })
  const doubts = parties
    .filter(({ doubt }) => doubt !== '')
    .map(({ name, doubt }) => formatHanging('DOUBTED  ', `${name}: ${doubt}; it counts as holding none`))
  return [formatTable(['relying party', 'bundle', 'told', 'by'], rows), ...doubts].join('\n')
}

/** A relying party as a program reads it. */
export const relyingPartyJson = (party: RelyingParty) => ({
  name: party.name,
  installedSequence: party.installedSequence,
  installedSha256: party.installedSha256 === '' ? null : party.installedSha256,
  doubt: party.doubt === '' ? null : party.doubt,
  installedAt: party.installedAt?.toISOString() ?? null,
  confirmedBy: party.confirmedBy,
})

/** A change of the list as a person reads it. */
export const describePartyChange = ({ name, action, at, by, reason }: PartyChange, now: Date): string =>
  [
    `${shownText(action)} ${shownText(name)}`,
    formatHanging('  at      ', `${formatTime(at, now)} by ${shownText(actorText(by))}`),
    formatHanging('  reason  ', reason === '' ? '(none given)' : shownText(reason)),
  ].join('\n')

/** A change of the list as a program reads it. */
export const partyChangeJson = ({ at, by, ...change }: PartyChange) => ({
  ...change,
  at: at.toISOString(),
  by: actorText(by),
  actor: by,
})
