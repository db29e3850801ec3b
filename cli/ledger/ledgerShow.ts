import { type Authority, readAuthority } from '../../lib/authority/authority.ts'
import { Refusal } from '../../lib/errors/refusal.ts'
import { type OneFound, searchOne } from '../../lib/ledger/search/searchIssuances.ts'
import { issuanceTables, type KeptTables } from '../../lib/ledger/search/keptTables.ts'
import { readRevision } from '../../lib/tenant/storedRevision.ts'
import { serialNumberHex } from '../../lib/x509/certificate.ts'
import type { Command, CommandContext } from '../commandLine/command.ts'
import { explained } from './explained.ts'
import { explanation } from './explanation.ts'
import { watchSearch } from './watchSearch.ts'
import { openTenant, type SearchedTenant } from './findIssuances.ts'
import { signersOf } from './signersOf.ts'
import { type LedgerSubject, readSubject } from './ledgerSubject.ts'
import { asciiJson } from '../../lib/terminal/shownText.ts'

/** The most that a certificate is backdated: a tenant may set no more. */
const backdateMilliseconds = 3_600_000

/** The tables that can hold the subject: all, or those of the time at which it was issued. */
const tablesFor = (subject: LedgerSubject, { tables }: SearchedTenant): Promise<KeptTables> => {
  if (subject.kind === 'serialNumber') return issuanceTables(tables, { since: undefined, until: undefined })
  const since = subject.certificate.tbs.notBefore
  return issuanceTables(tables, { since, until: new Date(since.getTime() + backdateMilliseconds) })
}

const serialOf = (subject: LedgerSubject): string =>
  subject.kind === 'serialNumber' ? subject.serialNumber : serialNumberHex(subject.certificate.tbs)

interface Missing {
  readonly subject: LedgerSubject
  readonly kept: KeptTables
  readonly authority: Authority | undefined
  readonly isOther: boolean
}

const keptText = ({ oldest, reachesBack }: KeptTables): string => {
  if (oldest === undefined) return ' There is no ledger table.'
  return reachesBack ? ` It may have been: the ledger is kept from ${oldest} on only.` : ''
}

/** Why there is no row is for people to find out; that an issuer signed without one is an alarm. */
const unknown = ({ subject, kept, authority, isOther }: Missing): Refusal => {
  const what = `Cannot explain the certificate ${serialOf(subject)}`
  if (subject.kind === 'serialNumber')
    return new Refusal('issuance-unknown', `${what}: no ledger table of the tenant has it.`)
  const [signer] = signersOf(subject.certificate, authority)
  const signed = signer
    ? `${signer.id} SIGNED it and it is NOT in the ledger`
    : 'it is not in the ledger, and no issuer of the tenant signed it'
  const other = isOther ? ' The ledger holds another certificate with this serial number.' : ''
  return new Refusal('issuance-unknown', `${what}: ${signed}.${other}${keptText(kept)}`)
}

const find = async (context: CommandContext, subject: LedgerSubject, searched: SearchedTenant) => {
  const { tables, tenant } = searched
  const kept = await tablesFor(subject, searched)
  const search = watchSearch(context)
  const certificate = subject.kind === 'certificate' ? subject.certificate.der : undefined
  const one: OneFound = await searchOne(tables, {
    tenant,
    names: kept.names.toReversed(),
    serialNumber: serialOf(subject),
    certificate,
    watcher: search.watcher,
  })
  search.clear()
  const authority = await readAuthority(tables, tenant)
  if (!one.found) throw unknown({ subject, kept, authority, isOther: one.isOther })
  const revision = await readRevision(tables, tenant, one.found.entry.revision)
  return explained({ tenant, found: one.found, authority, revision })
}

export const ledgerShow: Command = {
  name: 'ledger show',
  summary: 'explain one certificate: who got it, and why',
  argument: 'FILE|SERIAL',
  help: `--tenant TENANT
The file is PEM or DER, or the folder of a client; the serial number is
hexadecimal, and all tables are searched for it.`,
  options: { tenant: { type: 'string' } },
  async run(context) {
    const { values, argument = '', now, notice } = context
    const subject = await readSubject(argument)
    const found = await find(context, subject, await openTenant(context))
    for (const alarm of found.alarms) notice(`ALARM: ${alarm}`)
    const text = values['json'] === true ? asciiJson(found, 2) : explanation(found, now())
    return {
      pieces: (async function* () {
        yield `${text}\n`
      })(),
    }
  },
}
