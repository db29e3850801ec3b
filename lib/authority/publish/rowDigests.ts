import { createHash } from 'node:crypto'
import type { NewRow, Value } from '../../store/tables.ts'
import { type CrossCertificate, crossRow } from '../crossCertificate.ts'
import { type Generation, toRow } from '../generation.ts'

const plain = (value: Value): unknown =>
  value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value

const digestOf = ({ partition, row, values }: NewRow): string => {
  const members = Object.entries(values)
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, value]) => [name, plain(value)])
  return createHash('sha256')
    .update(JSON.stringify([partition, row, members]))
    .digest('hex')
}

interface Members {
  readonly generations: readonly Generation[]
  readonly crossCertificates: readonly CrossCertificate[]
}

/**
 * SHA-256 of each row of an authority by its key, lower-case hex; retired and tainted ones included. A bundle signs them:
 * a row that somebody else wrote, altered or took away is found out, also in what the bundle itself does not show. The
 * digest is over the members that toRow() and crossRow() give: a member that a later version adds has to be left out of
 * what they give for a row that was written without it, or bundles signed before would not match.
 */
export const rowDigests = ({ generations, crossCertificates }: Members): Readonly<Record<string, string>> =>
  Object.fromEntries(
    [...generations.map(toRow), ...crossCertificates.map(crossRow)].map((row) => [row.row, digestOf(row)]),
  )
