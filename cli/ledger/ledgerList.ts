import { type FoundIssuance, inOrderWhileFew } from '../../lib/ledger/search/searchIssuances.ts'
import type { Command } from '../commandLine/command.ts'
import { issuanceFormats, printedFormat, refusalFormats } from './recordFormat.ts'
import { issuanceFilter, periodOf, refusalFilter, searchHelp, searchOptions } from './searchOptions.ts'
import { issuances, openTenant, refusals, writeRows } from './writeRows.ts'

/** Bounds how many issuances are held to be put into the order of time. */
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
    const wanted = { format, period: periodOf(values, now(), '24h'), filter: issuanceFilter(values) }
    const onMany = () => notice(`more than ${mostInOrder} were found: they come in the order of the tables`)
    const order = (rows: AsyncIterable<FoundIssuance>) =>
      inOrderWhileFew(rows, { limit: mostInOrder, compare: byTime, onMany })
    return { pieces: writeRows(context, issuances, await openTenant(context), { ...wanted, order }) }
  },
}

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
    const { values, now } = context
    const format = printedFormat(values, refusalFormats)
    const wanted = { format, period: periodOf(values, now(), '24h'), filter: refusalFilter(values) }
    return { pieces: writeRows(context, refusals, await openTenant(context), wanted) }
  },
}
