import { createHash } from 'node:crypto'
import { basename, resolve } from 'node:path'
import { Refusal } from '../../lib/errors/refusal.ts'
import { replaceFile } from '../../lib/files/replaceFile.ts'
import type { Period } from '../../lib/ledger/search/keptTables.ts'
import type { Command, CommandContext, OptionValues } from '../commandLine/command.ts'
import { requiredOption } from '../commandLine/requiredOption.ts'
import { checkOutputFile } from '../commandLine/writeNewFile.ts'
import { issuanceFormats, namedFormat, refusalFormats } from './recordFormat.ts'
import { issuanceFilter, periodOf, refusalFilter, searchHelp, searchOptions } from './searchOptions.ts'
import { issuances, openTenant, refusals, type SearchedTenant, writeRows } from './writeRows.ts'

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

const refuseOptions = (values: OptionValues, names: readonly string[], why: string): void => {
  const given = names.find((name) => values[name] !== undefined)
  if (given !== undefined) throw new Refusal('usage-wrong', `Cannot export: --${given} ${why}.`)
}

interface Common {
  readonly period: Period
  readonly onWritten: () => void
}

/** Says what is exported. @returns what writes it, once the options are known to be right. */
const exportOf = (context: CommandContext, common: Common) => {
  const { values } = context
  const name = requiredOption(values, 'format')
  if (values['refusals'] === true) {
    refuseOptions(values, ['serial', 'issuer'], 'is for issuances')
    const wanted = { ...common, format: namedFormat(refusalFiles, name), filter: refusalFilter(values) }
    return (searched: SearchedTenant) => writeRows(context, refusals, searched, wanted)
  }
  refuseOptions(values, ['code'], 'is for --refusals')
  const wanted = { ...common, format: namedFormat(issuanceFiles, name), filter: issuanceFilter(values) }
  return (searched: SearchedTenant) => writeRows(context, issuances, searched, wanted)
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
    const { values, now } = context
    const out = requiredOption(values, 'out')
    await checkOutputFile('out', out)
    const period = periodOf(values, now())
    let count = 0
    const kind = values['refusals'] === true ? 'refusals' : 'issuances'
    const pieces = exportOf(context, { period, onWritten: () => (count += 1) })
    const searched = await openTenant(context)
    const sha256 = await writeExport(resolve(out), pieces(searched))
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
