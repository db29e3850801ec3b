import { createHash } from 'node:crypto'
import { basename, resolve } from 'node:path'
import { Refusal } from '../../lib/errors/refusal.ts'
import { replaceFile } from '../../lib/files/replaceFile.ts'
import type { Period } from '../../lib/ledger/search/keptTables.ts'
import { command, type CommandContext } from '../commandLine/command.ts'
import { flag, required, text, type Values } from '../commandLine/option.ts'
import { checkOutputFile } from '../commandLine/writeNewFile.ts'
import { openTenant } from '../tenant/openTenant.ts'
import { issuanceFormats, namedFormat, refusalFormats } from './recordFormat.ts'
import {
  issuanceFilter,
  issuanceOptions,
  periodOf,
  refusalFilter,
  refusalOptions,
  searchOptions,
} from './searchOptions.ts'
import { issuances, refusals, type SearchedTenant, writeRows } from './writeRows.ts'

/** Leaves out the table, which is for people: nobody looks at an export. */
const { table: _issuances, ...issuanceFiles } = issuanceFormats
const { table: _refusals, ...refusalFiles } = refusalFormats

/**
 * Writes an export for its owner alone, and after it `<file>.sha256` as sha256sum does. The file appears when all of it is
 * written; one without its digest beside it, or with another, is not whole.
 * @returns SHA-256 of the file, lower-case hex.
 * @throws what the pieces throw; what was there before is left as it was then.
 */
const writeExport = async (file: string, pieces: AsyncIterable<string>): Promise<string> => {
  const hash = createHash('sha256')
  const hashed = async function* () {
    for await (const piece of pieces) {
      hash.update(piece)
      yield piece
    }
  }
  await replaceFile(file, hashed(), 0o600)
  const sha256 = hash.digest('hex')
  await replaceFile(`${file}.sha256`, `${sha256}  ${basename(file)}\n`, 0o600)
  return sha256
}

const options = {
  ...searchOptions(),
  out: required(text('FILE', 'gets them (0600); FILE.sha256 gets the digest')),
  format: required(
    text('FORMAT', 'json (an object a line), csv or pem (json)', {
      byDefault: 'json',
      choices: Object.keys(issuanceFiles),
    }),
  ),
  refusals: flag('the refusals instead of the issuances'),
  ...issuanceOptions,
  ...refusalOptions,
}

type ExportValues = Values<typeof options>

const refuseOptions = (
  values: ExportValues,
  names: readonly ('serial' | 'issuer' | 'code')[],
  why: string,
): void => {
  const given = names.find((name) => values[name] !== undefined)
  if (given !== undefined) throw new Refusal('usage-wrong', `Cannot export: --${given} ${why}.`)
}

interface Common {
  readonly period: Period
  readonly onWritten: () => void
}

/** Says what is exported. @returns what writes it, once the options are known to be right. */
const exportOf = (values: ExportValues, context: CommandContext, common: Common) => {
  if (values.refusals) {
    refuseOptions(values, ['serial', 'issuer'], 'is for issuances')
    const format = namedFormat(refusalFiles, values.format)
    const wanted = { ...common, format, filter: refusalFilter(values) }
    return (searched: SearchedTenant) => writeRows(context, refusals, searched, wanted)
  }
  refuseOptions(values, ['code'], 'is for --refusals')
  const format = namedFormat(issuanceFiles, values.format)
  const wanted = { ...common, format, filter: issuanceFilter(values) }
  return (searched: SearchedTenant) => writeRows(context, issuances, searched, wanted)
}

export const ledgerExport = command({
  name: 'ledger export',
  summary: 'write issuances or refusals to a file, with its digest',
  options,
  async run(values, context) {
    const { out, format } = values
    await checkOutputFile('out', out)
    const period = periodOf(values)
    let count = 0
    const kind = values.refusals ? 'refusals' : 'issuances'
    const pieces = exportOf(values, context, { period, onWritten: () => (count += 1) })
    const searched = await openTenant(context, values.tenant)
    const sha256 = await writeExport(resolve(out), pieces(searched))
    const json = {
      tenant: searched.tenant,
      kind,
      file: out,
      format,
      count,
      since: period.since?.toISOString() ?? null,
      until: period.until?.toISOString() ?? null,
      sha256,
    }
    return { text: `${count} ${kind}\n${sha256}  ${out}`, json }
  },
})
