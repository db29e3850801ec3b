import type { RelyingParty } from '../lib/authority/relyingParties.ts'
import { formatTable, shortName } from './text.ts'

/** What a relying party holds, against the bundle in force if that is known. */
const held = ({ installedSequence, installedAt }: RelyingParty, latest: number | undefined): string => {
  if (!installedAt) return 'none'
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
  return formatTable(['relying party', 'bundle', 'told', 'by'], rows)
}

/** A relying party as a program reads it. */
export const relyingPartyJson = ({ name, installedSequence, installedAt, confirmedBy }: RelyingParty) => ({
  name,
  installedSequence,
  installedAt: installedAt?.toISOString() ?? null,
  confirmedBy,
})
