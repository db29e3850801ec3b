import { createHash } from 'node:crypto'
import { verifyTrustBundle } from '../../lib/bundle/trustBundle.ts'
import type { Authority } from '../../lib/authority/authority.ts'
import { publishBundle } from '../../lib/authority/publishedBundle.ts'
import { bundleFiles } from '../../lib/authority/storedBundle.ts'
import { catalogue } from '../../lib/errors/catalogue.ts'
import { Refusal } from '../../lib/errors/refusal.ts'
import { signedDigests } from '../../lib/authority/trusted/rowFaults.ts'
import { vouchingFor } from '../../lib/authority/trusted/changeTrusted.ts'
import { checkRows, openSigned } from '../../lib/authority/trusted/verifyAuthority.ts'
import { alteredFiles } from './alteredFiles.ts'
import { type Check, resting } from './check.ts'
import { askMayfly } from './examination.ts'
import type { Found } from './finding.ts'
import type { TenantExamination } from './tenantExamination.ts'

/** An instance serves what it read up to 30 s ago. */
const settlingMilliseconds = 60_000

/** The bundle in force, opened by what this machine knows and no table says. */
const opened = async (tenant: TenantExamination) => {
  const authority = await resting('authority-known', tenant.authority)
  const vouching = await vouchingFor(tenant.id, tenant.examination.trust)
  return { authority, vouching, bundle: await openSigned(authority, vouching) }
}

/** Any later bundle is dated by the clock again; this one is not accepted until its time has come. */
const dating =
  'Set the clock of whoever changed the authority; then run mayfly authority republish: servers refuse this bundle meanwhile.'

const checkSignature = (tenant: TenantExamination): Check => ({
  id: 'bundle-signature',
  tenant: tenant.id,
  async run() {
    const id = 'bundle-signature'
    const now = tenant.examination.now()
    try {
      const { bundle } = await opened(tenant)
      const { jws, signedBy, sequence, issuedAt, roots } = bundle
      await verifyTrustBundle(jws, { tenant: tenant.id, anchors: [signedBy], now })
      const days = Math.floor((now.getTime() - issuedAt.getTime()) / 86_400_000)
      const signer = roots.find(({ sha256 }) => sha256 === signedBy)
      return [{ id, status: 'ok', detail: `bundle ${sequence} is signed by ${signer?.id}, ${days} days ago` }]
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      const { code, detail } = error
      if (code === 'trust-bundle-refused') return [{ id, status: 'problem', detail, remedy: dating }]
      if (code === 'anchors-refused')
        return [{ id, status: 'not checked', detail, remedy: catalogue[code].remedy }]
      throw error
    }
  },
})

const unsignedRows =
  'Compare keys and times in mayfly authority status with your own record; the next change signs them, such as mayfly authority stage-issuer.'

const checkContent = (tenant: TenantExamination): Check => ({
  id: 'bundle-content',
  tenant: tenant.id,
  async run() {
    const id = 'bundle-content'
    const { authority, bundle, vouching } = await resting('bundle-signature', () => opened(tenant))
    checkRows(authority, bundle, vouching)
    const altered = alteredFiles(authority.bundle, bundle)
    if (altered.length > 0) {
      const { remedy } = catalogue['authority-altered']
      return [{ id, status: 'problem', detail: `not what trust.jws signs: ${altered.join(', ')}`, remedy }]
    }
    if (signedDigests(bundle) === undefined) {
      const detail = `bundle ${bundle.sequence} is of an earlier version: it signs no key references or times of rows`
      return [{ id, status: 'warning', detail, remedy: unsignedRows }]
    }
    const detail = `every row of the authority is one that bundle ${bundle.sequence} signs`
    return [{ id, status: 'ok', detail }]
  },
})

const digestOf = (octets: Uint8Array): string => createHash('sha256').update(octets).digest('hex')

const servedFaults = async (
  tenant: TenantExamination,
  { tenant: id, bundle }: Authority,
): Promise<readonly string[]> => {
  const { digests } = await publishBundle(id, bundle)
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
