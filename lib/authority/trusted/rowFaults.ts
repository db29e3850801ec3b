import type { BundledCertificate } from '../../bundle/bundleContent.ts'
import { jsonMember } from '../../json/parseJson.ts'
import type { TrustBundle } from '../../bundle/trustBundle.ts'
import type { Authority } from '../authority.ts'
import { type CrossCertificate, publishedCross } from '../crossCertificate.ts'
import { type Generation, isPublished } from '../generation.ts'
import { rowDigests } from '../publish/bundleJson.ts'
import { rfc3339 } from '../../text/rfc3339.ts'

type Row = Generation | CrossCertificate

const stateOf = (row: Row): string => ('state' in row ? `, ${row.state},` : '')

/** Compares a row with what the bundle shows of it. */
const shownFault = (row: Row, signed: BundledCertificate): string | undefined => {
  if (row.digest !== signed.sha256) return `${row.id} has another certificate than the bundle in force signs`
  if ('state' in row && row.state !== signed.state)
    return `${row.id} is ${row.state}, and ${signed.state} in the bundle in force`
  if (signed.signedBy !== undefined && row.signedBy !== signed.signedBy)
    return `${row.id} names ${row.signedBy} as its root, and ${signed.signedBy} in the bundle in force`
  if (signed.subject !== undefined && 'subject' in row && row.subject !== signed.subject)
    return `${row.id} names another root than the bundle in force`
  return undefined
}

const shownIn = ({ roots, issuers, crossCertificates }: TrustBundle) =>
  new Map([...roots, ...issuers, ...crossCertificates].map((entry) => [entry.id, entry]))

/** Holds rows against the digests that the bundle signs, and says of what differs what the bundle shows of it. */
const digestFaults = (
  bundle: TrustBundle,
  authority: Authority,
  signed: object,
): readonly (string | undefined)[] => {
  const stored = rowDigests(authority)
  const shown = shownIn(bundle)
  const rows = [...authority.generations, ...authority.crossCertificates].map((row) => {
    const digest = jsonMember(signed, row.id)
    if (digest === stored[row.id]) return undefined
    if (digest === undefined) return `${row.id}${stateOf(row)} was never signed`
    const entry = shown.get(row.id)
    if (!entry) return `the bundle in force signs another row ${row.id}`
    return (
      shownFault(row, entry) ??
      `${row.id} has another key reference, algorithm or times than the bundle in force signs`
    )
  })
  const missing = Object.keys(signed).filter((id) => !Object.hasOwn(stored, id))
  return [...rows, ...missing.map((id) => `${id} is missing`)]
}

/** Holds rows against a bundle that an earlier version made, which signs no digests: what it shows has to be what there is. */
const earlierFaults = (bundle: TrustBundle, authority: Authority): readonly (string | undefined)[] => {
  const shown = shownIn(bundle)
  const { generations, crossCertificates } = authority
  const published = [...generations.filter(isPublished), ...publishedCross(generations, crossCertificates)]
  const rows = published.map((row) => {
    const entry = shown.get(row.id)
    return entry ? shownFault(row, entry) : `${row.id}${stateOf(row)} was never signed`
  })
  const missing = [...shown.keys()].filter((id) => !published.some((row) => row.id === id))
  return [...rows, ...missing.map((id) => `${id} is missing`)]
}

/** Names a row of the history that the next changes would meet; whether it may be removed an administrator has to find out. */
export const strayFault = (row: string): string =>
  `${row} tells of a later bundle than the one in force: it was planted, or an old bundle was put back`

const bundleFaults = (bundle: TrustBundle, { bundle: row }: Authority): readonly (string | undefined)[] => [
  row.sequence === bundle.sequence
    ? undefined
    : `bundle~current says ${row.sequence}, its trust.jws ${bundle.sequence}`,
  rfc3339(row.issuedAt) === rfc3339(bundle.issuedAt)
    ? undefined
    : 'bundle~current says another time of issue',
  Buffer.from(row.encodings['trust.json']).toString('utf8') === bundle.json
    ? undefined
    : 'trust.json is not what trust.jws signs',
]

/** The digests of rows that a bundle signs; undefined for one that an earlier version made. */
export const signedDigests = ({ json }: TrustBundle): object | undefined => {
  const signed = jsonMember(JSON.parse(json), 'rowDigests')
  return typeof signed === 'object' && signed !== null ? signed : undefined
}

/**
 * Tells which rows of an authority are not those that its bundle signs: put there, altered, or taken away.
 * @param bundle the one in force, verified.
 */
export const rowFaults = (bundle: TrustBundle, authority: Authority): readonly string[] => {
  const signed = signedDigests(bundle)
  const rows = signed ? digestFaults(bundle, authority, signed) : earlierFaults(bundle, authority)
  const stray = (authority.strayEvents ?? []).map(strayFault)
  return [...rows, ...bundleFaults(bundle, authority), ...stray].filter((fault) => fault !== undefined)
}
