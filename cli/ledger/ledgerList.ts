import { type FoundIssuance, inOrderWhileFew } from '../../lib/ledger/search/searchIssuances.ts'
import { command } from '../commandLine/command.ts'
import { openTenant } from '../tenant/openTenant.ts'
import { formatOption, issuanceFormats, printedFormat, refusalFormats } from './recordFormat.ts'
import {
  issuanceFilter,
  issuanceOptions,
  periodOf,
  refusalFilter,
  refusalOptions,
  searchOptions,
} from './searchOptions.ts'
import { issuances, refusals, writeRows } from './writeRows.ts'

/** Bounds how many issuances are held to be put into the order of time. */
const mostInOrder = 10_000

const byTime = ({ entry: a }: FoundIssuance, { entry: b }: FoundIssuance): number =>
  a.issuedAt.getTime() - b.issuedAt.getTime()

export const ledgerList = command({
  name: 'ledger list',
  summary: 'list the certificates that were issued',
  options: {
    ...searchOptions('24h'),
    ...issuanceOptions,
    format: formatOption('table, json (an object a line), csv or pem (table)', issuanceFormats),
  },
  async run(options, context) {
    const { asJson, notice } = context
    const format = printedFormat(options.format, asJson, issuanceFormats)
    const wanted = { format, period: periodOf(options), filter: issuanceFilter(options) }
    const onMany = () => notice(`more than ${mostInOrder} were found: they come in the order of the tables`)
    const order = (rows: AsyncIterable<FoundIssuance>) =>
      inOrderWhileFew(rows, { limit: mostInOrder, compare: byTime, onMany })
    const searched = await openTenant(context, options.tenant)
    return { pieces: writeRows(context, issuances, searched, { ...wanted, order }) }
  },
})

export const ledgerRefusals = command({
  name: 'ledger refusals',
  summary: 'list the requests that were refused, and why',
  options: {
    ...searchOptions('24h'),
    ...refusalOptions,
    format: formatOption('table, json (an object a line) or csv (table)', refusalFormats),
  },
  async run(options, context) {
    const format = printedFormat(options.format, context.asJson, refusalFormats)
    const wanted = { format, period: periodOf(options), filter: refusalFilter(options) }
    return { pieces: writeRows(context, refusals, await openTenant(context, options.tenant), wanted) }
  },
})
