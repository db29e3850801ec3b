import { resolve } from 'node:path'
import { Refusal } from '../../lib/errors/refusal.ts'
import type { FoundIssuance } from '../../lib/ledger/search/searchIssuances.ts'
import type { RefusalEntry } from '../../lib/ledger/record/refusalEntry.ts'
import type { Period } from '../../lib/ledger/search/keptTables.ts'
import type { Command, CommandContext, OptionValues } from '../commandLine/command.ts'
import { writeExport } from './writeExport.ts'
import { issuanceFormats, namedFormat, refusalFormats } from './recordFormat.ts'
import { issuanceFilter, periodOf, refusalFilter, searchHelp, searchOptions } from './searchOptions.ts'
import { writtenRows } from './writtenRows.ts'
import { issuanceRecord, refusalRecord } from './ledgerRecord.ts'
import { findIssuances, findRefusals, openTenant, type SearchedTenant } from './findIssuances.ts'
import { checkOutputFile } from '../commandLine/writeNewFile.ts'
import { requiredOption } from '../commandLine/requiredOption.ts'

/** A table is for people, and in an export nobody looks at it. */
const { table: _issuances, ...issuanceFiles } = issuanceFormats
const { table: _refusals, ...refusalFiles } = refusalFormats

const refuseOptions = (values: OptionValues, names: readonly string[], why: string): void => {
  const given = names.find((name) => values[name] !== undefined)
  if (given !== undefined) throw new Refusal('usage-wrong', `Cannot export: --${given} ${why}.`)
}

interface Export {
  readonly kind: 'issuances' | 'refusals'
  readonly pieces: (searched: SearchedTenant) => Promise<AsyncIterable<string>>
}

type Writing = Pick<CommandContext, 'notice'> & { readonly onWritten: () => void }

const issuancesOf = (context: CommandContext, period: Period, writing: Writing): Export => {
  const { values } = context
  refuseOptions(values, ['code'], 'is for --refusals')
  const format = namedFormat(issuanceFiles, requiredOption(values, 'format'))
  const wanted = { period, filter: issuanceFilter(values) }
  return {
    kind: 'issuances',
    async pieces(searched) {
      const record = ({ entry }: FoundIssuance) => issuanceRecord(searched.tenant, entry)
      return writtenRows(await findIssuances(context, searched, wanted), { ...writing, format, record })
    },
  }
}

const refusalsOf = (context: CommandContext, period: Period, writing: Writing): Export => {
  const { values } = context
  refuseOptions(values, ['serial', 'issuer'], 'is for issuances')
  const format = namedFormat(refusalFiles, requiredOption(values, 'format'))
  const wanted = { period, filter: refusalFilter(values) }
  return {
    kind: 'refusals',
    async pieces(searched) {
      const record = (entry: RefusalEntry) => refusalRecord(searched.tenant, entry)
      return writtenRows(await findRefusals(context, searched, wanted), { ...writing, format, record })
    },
  }
}

export const ledgerExport: Command = {
  name: 'ledger export',
  summary: 'write issuances or refusals to a file, with its digest',
  help: `--tenant TENANT
--out FILE             gets them (0600); FILE.sha256 gets the digest
--format FORMAT        json (an object a line), csv or pem (json)
--refusals             the refusals instead of the issuances
--since TIME           2026-03-02T10:00:00Z, 2026-03-02 or 7d ago (all)
${searchHelp}
--serial NUMBER        with this serial number, in hexadecimal
--issuer GENERATION    signed by this issuer, such as issuer~0001
--code CODE            refused with this code`,
  options: {
    ...searchOptions,
    out: { type: 'string' },
    format: { type: 'string', default: 'json' },
    refusals: { type: 'boolean' },
    serial: { type: 'string' },
    issuer: { type: 'string' },
    code: { type: 'string' },
  },
  async run(context) {
    const { values, now, notice } = context
    const out = requiredOption(values, 'out')
    await checkOutputFile('out', out)
    const period = periodOf(values, now())
    let count = 0
    const writing = { notice, onWritten: () => (count += 1) }
    const { kind, pieces } = (values['refusals'] === true ? refusalsOf : issuancesOf)(
      context,
      period,
      writing,
    )
    const searched = await openTenant(context)
    const sha256 = await writeExport(resolve(out), await pieces(searched))
    const json = {
      tenant: searched.tenant,
      kind,
      file: out,
      format: values['format'],
      count,
      since: period.since?.toISOString() ?? null,
      until: period.until?.toISOString() ?? null,
      sha256,
    }
    return { text: `${count} ${kind}\n${sha256}  ${out}`, json }
  },
}
