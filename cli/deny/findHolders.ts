import type { DropUser } from '../../lib/drops/dropList.ts'
import { heldCertificates, type Holder, isLive } from '../../lib/ledger/audit/heldCertificates.ts'
import type { Entry } from '../../lib/ledger/record/entry.ts'
import type { SearchWatcher } from '../../lib/ledger/search/readRow.ts'
import type { Tables } from '../../lib/store/tables.ts'
import type { DenyKind, DenySubject } from '../../lib/tenant/denyEntry.ts'
import type { TenantId } from '../../lib/tenant/tenantId.ts'
import { parseUuid } from '../../lib/text/parseUuid.ts'
import type { CommandContext } from '../commandLine/command.ts'
import { watchSearch } from '../ledger/watchSearch.ts'

const columns: Readonly<Record<DenyKind, Holder['column']>> = {
  user: 'upn',
  device: 'deviceId',
  key: 'keyHash',
}

/** Whose certificates are looked for. */
export interface Wanted {
  readonly tables: Tables
  readonly tenant: TenantId
  readonly subject: DenySubject
  readonly now: Date
}

/** Who holds certificates of a subject, as far as the ledger can be understood: others may have written to it. */
export interface Holders {
  /** What lives on, by when it ends: the last one first. */
  readonly live: readonly Entry[]
  /** Who has sessions by these, or by others that ended not long ago; each once. */
  readonly users: readonly DropUser[]
  /** How many rows were left out. */
  readonly unreadable: number
}

/** Both spellings of a guest: the ledger has the name as the token had it. */
const spellingsOf = (name: string): readonly string[] => [
  ...new Set([name, name.replaceAll('_ext_', '#ext#'), name.replaceAll('#ext#', '_ext_')]),
]

const holderOf = ({ kind, value }: DenySubject): Holder => ({
  column: columns[kind],
  values: kind === 'user' ? spellingsOf(value) : [value],
})

/** Names the user of a certificate as it may: long names give way to the subject of the token. */
const userOf = ({ upn, subject }: Entry): DropUser => ({
  upn: upn.toLowerCase(),
  objectId: parseUuid(subject),
})

const usersOf = (entries: readonly Entry[]): readonly DropUser[] => [
  ...new Map(entries.map(userOf).map((user) => [`${user.upn} ${user.objectId}`, user])).values(),
]

/**
 * Finds who holds certificates of a subject.
 * @throws {Refusal} `tables-unavailable`
 */
export const findHolders = async (
  context: Pick<CommandContext, 'progress' | 'notice'>,
  { tables, tenant, subject, now }: Wanted,
): Promise<Holders> => {
  const found: Entry[] = []
  const search = watchSearch(context)
  let unreadable = 0
  const watcher: SearchWatcher = {
    ...search.watcher,
    onUnreadable(table, row) {
      unreadable += 1
      search.watcher.onUnreadable(table, row)
    },
  }
  const wanted = { tenant, holder: holderOf(subject), watcher }
  try {
    for await (const entry of heldCertificates(tables, wanted, now)) found.push(entry)
  } finally {
    search.clear()
  }
  const sorted = found.toSorted((one, other) => other.notAfter.getTime() - one.notAfter.getTime())
  return { live: sorted.filter((entry) => isLive(entry, now)), users: usersOf(sorted), unreadable }
}
