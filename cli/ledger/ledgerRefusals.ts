import type { RefusalEntry } from '../../lib/ledger/record/refusalEntry.ts'
import type { Command } from '../commandLine/command.ts'
import { printedFormat, refusalFormats } from './recordFormat.ts'
import { periodOf, refusalFilter, searchHelp, searchOptions } from './searchOptions.ts'
import { writtenRows } from './writtenRows.ts'
import { refusalRecord } from './ledgerRecord.ts'
import { findRefusals, openTenant } from './findIssuances.ts'

export const ledgerRefusals: Command = {
  name: 'ledger refusals',
  summary: 'list the requests that were refused, and why',
  help: `--tenant TENANT
--since TIME           2026-03-02T10:00:00Z, 2026-03-02 or 7d ago (24h)
${searchHelp}
--code CODE            refused with this code
--format FORMAT        table, json (an object a line) or csv (table)`,
  options: { ...searchOptions, code: { type: 'string' }, format: { type: 'string' } },
  async run(context) {
    const { values, now, notice } = context
    const format = printedFormat(values, refusalFormats)
    const wanted = { period: periodOf(values, now(), '24h'), filter: refusalFilter(values) }
    const searched = await openTenant(context)
    const found = await findRefusals(context, searched, wanted)
    const record = (entry: RefusalEntry) => refusalRecord(searched.tenant, entry)
    return { pieces: writtenRows(found, { format, record, notice }) }
  },
}
