import { createHash } from 'node:crypto'
import type { BundledCertificate } from '../../lib/bundle/bundleContent.ts'
import { openTrustBundle, type TrustBundle, verifyTrustBundle } from '../../lib/bundle/trustBundle.ts'
import type { Authority } from '../../lib/authority/authority.ts'
import { type Generation, isPublished } from '../../lib/authority/generation.ts'
import { publishBundle } from '../../lib/authority/publishedBundle.ts'
import { bundleFiles } from '../../lib/authority/storedBundle.ts'
import { Refusal } from '../../lib/errors/refusal.ts'
import { alteredFiles } from './alteredFiles.ts'
import { type Check, resting } from './check.ts'
import { askMayfly } from './examination.ts'
import type { Found } from './finding.ts'
import type { TenantExamination } from './tenantExamination.ts'

/** An instance serves what it read up to 30 s ago. */
const settlingMilliseconds = 60_000

const publishedRoots = ({ generations }: Authority): readonly Generation[] =>
  generations.filter((one) => one.kind === 'root' && isPublished(one))

const jwsOf = ({ bundle }: Authority): string => Buffer.from(bundle.encodings['trust.jws']).toString('latin1')

const anchorsOf = (tenant: TenantExamination, authority: Authority) => ({
  tenant: tenant.id,
  anchors: publishedRoots(authority).map(({ digest }) => digest),
})

const restoring =
  'Find out who wrote to the table authorities beside the CLI. Any change of the authority makes and signs the bundle anew, such as mayfly authority stage-root; servers refuse this one meanwhile.'

const checkSignature = (tenant: TenantExamination): Check => ({
  id: 'bundle-signature',
  tenant: tenant.id,
  async run() {
    const id = 'bundle-signature'
    const authority = await resting('authority-known', tenant.authority)
    const now = tenant.examination.now()
    try {
      const bundle = await verifyTrustBundle(jwsOf(authority), { ...anchorsOf(tenant, authority), now })
      const days = Math.floor((now.getTime() - bundle.issuedAt.getTime()) / 86_400_000)
      const signer = publishedRoots(authority).find(({ digest }) => digest === bundle.signedBy)
      const detail = `bundle ${bundle.sequence} is signed by ${signer?.id}, ${days} days ago`
      return [{ id, status: 'ok', detail }]
    } catch (error) {
      if (!(error instanceof Refusal) || error.code !== 'trust-bundle-refused') throw error
      return [{ id, status: 'problem', detail: error.detail, remedy: restoring }]
    }
  },
})

/** What tells whether bundle and rows are of the same mind. */
const shown = ({ id, state, sha256 }: Pick<BundledCertificate, 'id' | 'state' | 'sha256'>): string =>
  `${id} ${state} ${sha256}`

const differences = (bundle: TrustBundle, authority: Authority): readonly string[] => {
  const signed = [...bundle.roots, ...bundle.issuers].map(shown)
  const rows = authority.generations.filter(isPublished)
  const stored = rows.map(({ id, state, digest: sha256 }) => shown({ id, state, sha256 }))
  return [...signed.filter((one) => !stored.includes(one)), ...stored.filter((one) => !signed.includes(one))]
}

const checkContent = (tenant: TenantExamination): Check => ({
  id: 'bundle-content',
  tenant: tenant.id,
  async run() {
    const id = 'bundle-content'
    const authority = await resting('authority-known', tenant.authority)
    const open = () => openTrustBundle(jwsOf(authority), anchorsOf(tenant, authority))
    const bundle = await resting('bundle-signature', open)
    const faults = [
      ...differences(bundle, authority).map((one) => one.split(' ').slice(0, 2).join(' ')),
      ...alteredFiles(authority.bundle, bundle).map((file) => `${file} is not what trust.jws signs`),
    ]
    if (faults.length === 0)
      return [{ id, status: 'ok', detail: 'it shows the roots and issuers that the tables hold' }]
    const detail = `the signed bundle and the rows of the authority differ: ${faults.slice(0, 4).join('; ')}`
    return [{ id, status: 'problem', detail, remedy: restoring }]
  },
})

const digestOf = (octets: Uint8Array): string => createHash('sha256').update(octets).digest('hex')

const servedFaults = async (
  tenant: TenantExamination,
  { tenant: id, bundle }: Authority,
): Promise<readonly string[]> => {
  const { digests } = await resting('bundle-signature', () => publishBundle(id, bundle))
  const faults = await Promise.all(
    bundleFiles.map(async (file) => {
      const answer = await askMayfly(tenant.examination, `v1/${tenant.id}/${file}`)
      if (answer.status !== 200) return `${file} is answered ${answer.status}`
      return digestOf(answer.content) === digests[file] ? undefined : `${file} is another one`
    }),
  )
  return faults.filter((fault) => fault !== undefined)
}

const servedFound = (faults: readonly string[], { bundle }: Authority, now: Date): Found => {
  const id = 'bundle-served'
  if (faults.length === 0) return { id, status: 'ok', detail: `the service serves bundle ${bundle.sequence}` }
  const detail = `the service does not serve what the tables hold: ${faults.join('; ')}`
  const isSettling = now.getTime() - bundle.issuedAt.getTime() < settlingMilliseconds
  return {
    id,
    status: isSettling ? 'warning' : 'problem',
    detail,
    remedy: isSettling
      ? 'The bundle is new: look again in a minute.'
      : 'See whether app and CLI use the same tables (MAYFLY_TABLES_ENDPOINT), whether the app can read them, and what stands before the service.',
  }
}

const checkServed = (tenant: TenantExamination): Check => ({
  id: 'bundle-served',
  tenant: tenant.id,
  async run() {
    const authority = await resting('authority-known', tenant.authority)
    return [servedFound(await servedFaults(tenant, authority), authority, tenant.examination.now())]
  },
})

/** Whether the bundle that servers install is signed, true and served. */
export const checkBundle = (tenant: TenantExamination): readonly Check[] =>
  [checkSignature, checkContent, checkServed].map((check) => check(tenant))
