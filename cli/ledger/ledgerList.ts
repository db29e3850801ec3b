import { type FoundIssuance, inOrderWhileFew } from '../../lib/ledger/search/searchIssuances.ts'
import type { Command } from '../commandLine/command.ts'
import { issuanceFormats, printedFormat } from './recordFormat.ts'
import { issuanceFilter, periodOf, searchHelp, searchOptions } from './searchOptions.ts'
import { writtenRows } from './writtenRows.ts'
import { issuanceRecord } from './ledgerRecord.ts'
import { findIssuances, openTenant } from './findIssuances.ts'

/** The most issuances that are held to be put into the order of time. */
const mostInOrder = 10_000

const byTime = ({ entry: a }: FoundIssuance, { entry: b }: FoundIssuance): number =>
  a.issuedAt.getTime() - b.issuedAt.getTime()

export const ledgerList: Command = {
  name: 'ledger list',
  summary: 'list the certificates that were issued',
  help: `--tenant TENANT
--since TIME           2026-03-02T10:00:00Z, 2026-03-02 or 7d ago (24h)
${searchHelp}
--serial NUMBER        with this serial number, in hexadecimal
--issuer GENERATION    signed by this issuer, such as issuer~0001
--format FORMAT        table, json (an object a line), csv or pem (table)`,
  options: {
    ...searchOptions,
    serial: { type: 'string' },
    issuer: { type: 'string' },
    format: { type: 'string' },
  },
  async run(context) {
    const { values, now, notice } = context
    const format = printedFormat(values, issuanceFormats)
    const wanted = { period: periodOf(values, now(), '24h'), filter: issuanceFilter(values) }
    const searched = await openTenant(context)
    const found = await findIssuances(context, searched, wanted)
    const rows = inOrderWhileFew(found.rows, {
      limit: mostInOrder,
      compare: byTime,
      onMany: () => notice(`more than ${mostInOrder} were found: they come in the order of the tables`),
    })
    const record = ({ entry }: FoundIssuance) => issuanceRecord(searched.tenant, entry)
    return { pieces: writtenRows({ ...found, rows }, { format, record, notice }) }
  },
}
