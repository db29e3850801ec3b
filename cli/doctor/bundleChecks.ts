import { createHash } from 'node:crypto'
import type { Authority } from '../../lib/authority/authority.ts'
import { encodingsOf, publishBundle } from '../../lib/authority/publishedBundle.ts'
import { type BundleFile, bundleFiles, type StoredBundle } from '../../lib/authority/storedBundle.ts'
import { bundledCertificates } from '../../lib/bundle/bundleFolder.ts'
import { type TrustBundle, verifyTrustBundle } from '../../lib/bundle/trustBundle.ts'
import { catalogue } from '../../lib/errors/catalogue.ts'
import { Refusal } from '../../lib/errors/refusal.ts'
import { certificateDigest } from '../../lib/x509/certificate.ts'
import { parsePemCertificates } from '../../lib/x509/pemBlock.ts'
import { vouchingFor } from '../../lib/authority/trusted/changeTrusted.ts'
import { signedDigests } from '../../lib/authority/trusted/rowFaults.ts'
import { checkRows, openSigned } from '../../lib/authority/trusted/verifyAuthority.ts'
import { type Check, checksOf, dependOn } from '../../client/check/check.ts'
import type { TenantExamination } from './examination.ts'
import { type Found, notChecked, ok, problem, warning } from '../../client/check/finding.ts'

/** Opens the bundle in force by what this machine knows and no table says. */
const opened = async ({ id, authority, examination }: TenantExamination) => {
  const read = await dependOn('authority-known', authority)
  const vouching = await vouchingFor(id, examination.trust)
  return { authority: read, vouching, bundle: await openSigned(read, vouching) }
}

const signedFound = async (tenant: TenantExamination): Promise<Found> => {
  const now = tenant.examination.now()
  const { jws, signedBy, sequence, issuedAt, roots } = (await opened(tenant)).bundle
  await verifyTrustBundle(jws, { tenant: tenant.id, anchors: [signedBy], now })
  const days = Math.floor((now.getTime() - issuedAt.getTime()) / 86_400_000)
  const signer = roots.find(({ sha256 }) => sha256 === signedBy)
  return ok(`bundle ${sequence} is signed by ${signer?.id}, ${days} days ago`)
}

/** Makes a later bundle, dated by a right clock: this one is not accepted until its time has come. */
const dating =
  'Set the clock of whoever changed the authority; then run mayfly authority republish: servers refuse this bundle meanwhile.'

const signatureFound = async (tenant: TenantExamination): Promise<Found> => {
  try {
    return await signedFound(tenant)
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    const { code, detail } = error
    if (code === 'trust-bundle-refused') return problem(detail, dating)
    if (code === 'anchors-refused') return notChecked(detail, catalogue[code].remedy)
    throw error
  }
}

const pemDigests = (octets: Uint8Array): readonly string[] => {
  try {
    return parsePemCertificates(Buffer.from(octets).toString('latin1')).map(certificateDigest)
  } catch {
    return []
  }
}

/** Compares certificates alone: earlier versions wrote other comments, and cross certificates as well. */
const isPemAltered = (pem: Uint8Array, bundle: TrustBundle): boolean => {
  const digests = pemDigests(pem)
  const signed = bundledCertificates(bundle).map(({ sha256 }) => sha256)
  const needed = [...bundle.roots, ...bundle.issuers]
  return (
    digests.some((digest) => !signed.includes(digest)) ||
    needed.some(({ sha256 }) => !digests.includes(sha256))
  )
}

/** Lists the files of a row that say something else than its `trust.jws`: nobody serves them, yet somebody wrote them. */
const alteredFiles = ({ encodings }: StoredBundle, bundle: TrustBundle): readonly BundleFile[] => {
  const derived = encodingsOf(bundle)
  return bundleFiles.filter((file) =>
    file === 'trust.pem'
      ? isPemAltered(encodings[file], bundle)
      : Buffer.compare(encodings[file], derived[file]) !== 0,
  )
}

const contentFound = async (tenant: TenantExamination): Promise<Found> => {
  const { authority, bundle, vouching } = await dependOn('bundle-signature', () => opened(tenant))
  checkRows(authority, bundle, vouching)
  const altered = alteredFiles(authority.bundle, bundle)
  if (altered.length > 0)
    return problem(`not what trust.jws signs: ${altered.join(', ')}`, catalogue['authority-altered'].remedy)
  if (signedDigests(bundle) === undefined)
    return warning(
      `bundle ${bundle.sequence} is of an earlier version: it signs no key references or times of rows`,
      'Compare keys and times in mayfly authority status with your own record; the next change signs them, such as mayfly authority stage-issuer.',
    )
  return ok(`every row of the authority is one that bundle ${bundle.sequence} signs`)
}

const digestOf = (octets: Uint8Array): string => createHash('sha256').update(octets).digest('hex')

const servedFaults = async (
  { id, examination }: TenantExamination,
  { tenant, bundle }: Authority,
): Promise<readonly string[]> => {
  const { digests } = await publishBundle(tenant, bundle)
  const faults = await Promise.all(
    bundleFiles.map(async (file) => {
      const answer = await examination.ask(`v1/${id}/${file}`)
      if (answer.status !== 200) return `${file} is answered ${answer.status}`
      return digestOf(answer.content) === digests[file] ? undefined : `${file} is another one`
    }),
  )
  return faults.filter((fault) => fault !== undefined)
}

/** Gives instances time: each serves what it read up to 30 s ago. */
const settlingMilliseconds = 60_000

const servedFound = async (tenant: TenantExamination): Promise<Found> => {
  const authority = await dependOn('authority-known', tenant.authority)
  const { sequence, issuedAt } = authority.bundle
  const faults = await servedFaults(tenant, authority)
  if (faults.length === 0) return ok(`the service serves bundle ${sequence}`)
  const detail = `the service does not serve what the tables hold: ${faults.join('; ')}`
  if (tenant.examination.now().getTime() - issuedAt.getTime() < settlingMilliseconds)
    return warning(detail, 'The bundle is new: look again in a minute.')
  return problem(
    detail,
    'See whether app and CLI use the same tables (MAYFLY_TABLES_ENDPOINT), whether the app can read them, and what stands before the service.',
  )
}

/** Checks whether the bundle that servers install is signed, true and served. */
export const bundleChecks = (tenant: TenantExamination): readonly Check[] =>
  checksOf(tenant, {
    'bundle-signature': signatureFound,
    'bundle-content': contentFound,
    'bundle-served': servedFound,
  })
