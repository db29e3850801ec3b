import type { BundledCertificate } from '../lib/bundle/bundleContent.ts'
import { bundleTime } from '../lib/bundle/bundleContent.ts'
import { jsonMember } from '../lib/json/jsonMember.ts'
import type { TrustBundle } from '../lib/bundle/trustBundle.ts'
import type { Authority } from '../lib/authority/authority.ts'
import type { CrossCertificate } from '../lib/authority/crossCertificate.ts'
import type { Generation } from '../lib/authority/generation.ts'
import { rowDigests } from '../lib/authority/rowDigests.ts'

type Row = Generation | CrossCertificate

const stateOf = (row: Row): string => ('state' in row ? `, ${row.state},` : '')

/** What of an altered row the bundle itself shows; the rest it knows by its digest alone. */
const alteration = (row: Row, signed: BundledCertificate | undefined): string => {
  if (!signed) return `the bundle in force signs another row ${row.id}`
  if (row.digest !== signed.sha256) return `${row.id} has another certificate than the bundle in force signs`
  if ('state' in row && row.state !== signed.state)
    return `${row.id} is ${row.state}, and ${signed.state} in the bundle in force`
  if (signed.signedBy !== undefined && row.signedBy !== signed.signedBy)
    return `${row.id} names ${row.signedBy} as its root, and ${signed.signedBy} in the bundle in force`
  return `${row.id} has another key reference, algorithm or times than the bundle in force signs`
}

const rowFault = (
  row: Row,
  bundle: TrustBundle,
  digests: { signed: unknown; stored: string | undefined },
) => {
  if (digests.signed === digests.stored) return undefined
  if (digests.signed === undefined) return `${row.id}${stateOf(row)} was never signed`
  const shown = [...bundle.roots, ...bundle.issuers, ...bundle.crossCertificates]
  return alteration(
    row,
    shown.find(({ id }) => id === row.id),
  )
}

const bundleFaults = (bundle: TrustBundle, { bundle: row }: Authority): readonly (string | false)[] => [
  row.sequence !== bundle.sequence && `bundle~current says ${row.sequence}, its trust.jws ${bundle.sequence}`,
  bundleTime(row.issuedAt) !== bundleTime(bundle.issuedAt) && 'bundle~current says another time of issue',
  Buffer.from(row.encodings['trust.json']).toString('utf8') !== bundle.json &&
    'trust.json is not what trust.jws signs',
]

/**
 * Tells which rows of an authority are not those that its bundle signs: put there, altered, or taken away.
 * @param bundle the one in force, verified.
 */
export const rowFaults = (bundle: TrustBundle, authority: Authority): readonly string[] => {
  const signed = jsonMember(JSON.parse(bundle.json), 'rowDigests')
  if (typeof signed !== 'object' || signed === null)
    return ['the bundle in force does not tell which rows it was made of']
  const stored = rowDigests(authority)
  const rows = [...authority.generations, ...authority.crossCertificates]
  return [
    ...rows.map((row) =>
      rowFault(row, bundle, { signed: jsonMember(signed, row.id), stored: stored[row.id] }),
    ),
    ...Object.keys(signed)
      .filter((id) => stored[id] === undefined)
      .map((id) => `${id} is missing`),
    ...bundleFaults(bundle, authority),
  ].filter((fault) => typeof fault === 'string')
}
