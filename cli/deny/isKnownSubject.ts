import { readDenyList, type DenySubject } from '../../lib/tenant/denyEntry.ts'
import { parseUuid } from '../../lib/text/parseUuid.ts'
import { parseUpn } from '../../lib/token/parseUpn.ts'
import { oneSpelling } from '../../lib/text/oneSpelling.ts'
import type { CommandContext } from '../commandLine/command.ts'
import { findHolders, type Wanted } from './findHolders.ts'

/** Parses a user or a device by its form alone, whatever the configuration says of it. @returns undefined for what is none */
export const parseFormerSubject = (kind: 'user' | 'device', argument: string): DenySubject | undefined => {
  if (kind === 'user') {
    const suffixes = [argument.slice(argument.indexOf('@') + 1).toLowerCase()]
    return { kind, value: parseUpn(argument, { suffixes, allowGuests: true }) }
  }
  const value = parseUuid(argument)
  return value === undefined ? undefined : { kind, value }
}

/**
 * Tells whether a subject that gets no certificates any more may have sessions: the deny list has it, or the ledger knows a
 * certificate of its that one may last by.
 * @throws {Refusal} `tables-unavailable`
 */
export const isKnownSubject = async (
  context: Pick<CommandContext, 'progress' | 'notice'>,
  wanted: Wanted,
): Promise<boolean> => {
  const { tables, tenant, subject } = wanted
  const { entries } = await readDenyList(tables, tenant)
  const isListed = entries.some(
    ({ kind, value }) => kind === subject.kind && oneSpelling(value) === oneSpelling(subject.value),
  )
  return isListed || (await findHolders(context, wanted)).users.length > 0
}
