import { createPublicKey, type KeyObject } from 'node:crypto'
import type { Wait } from '../deadline/deadline.ts'
import type { LeafIssuer, Validity } from '../profile/leafProfile.ts'
import { cachedLookup } from '../store/cachedLookup.ts'
import {
  type Configuration,
  configurationFreshMilliseconds,
  configurationStaleMilliseconds,
} from '../tenant/configuration.ts'
import { parseTenantId, type TenantId } from '../tenant/tenantId.ts'
import { extensionValue } from '../x509/certificate.ts'
import { decodeExtKeyUsage, decodeSubjectKeyIdentifier, extensionOid } from '../x509/extension.ts'
import { AlteredRow, fromRow, type Generation, maySignFor } from './generation.ts'
import { type CrossCertificate, crossFromRow, publishedCross } from './crossCertificate.ts'
import { eventRows } from './authorityEvent.ts'
import { type PublishedBundle, publishBundle } from './publishedBundle.ts'
import { bundleFromRow, bundleRowKey, type StoredBundle } from './storedBundle.ts'
import { Refusal } from '../errors/refusal.ts'
import type { Tables } from '../store/tables.ts'

/**
 * Checks that an active issuer of the tenant may sign for the marker of a configuration: else every enrollment would
 * fail once it is in force. A tenant without an authority gets an issuer for the marker it has then.
 * @throws {Refusal} `configuration-invalid` or `tables-unavailable`
 */
export const checkMarker = async (tables: Tables, { tenant, certificate }: Configuration): Promise<void> => {
  const authority = await readAuthority(tables, parseTenantId(tenant))
  const { markerOid } = certificate
  if (!authority || authority.issuers.some(({ extKeyUsage }) => maySignFor(extKeyUsage, markerOid))) return
  throw new Refusal(
    'configuration-invalid',
    `Cannot accept the configuration: certificate.markerOid: no active issuer of ${tenant} may sign for ${markerOid}; run mayfly authority stage-issuer --marker ${markerOid}, and activate that first.`,
  )
}

/** An issuer that may sign leaves: its generation, and what a leaf takes over from it. */
export interface Issuer extends LeafIssuer {
  readonly generation: Generation
  /** For verifying what its signer returns. */
  readonly publicKey: KeyObject
}

/** A tenant's own hierarchy. */
export interface Authority {
  readonly tenant: TenantId
  /** Every generation, retired ones included, by id. */
  readonly generations: readonly Generation[]
  readonly crossCertificates: readonly CrossCertificate[]
  /** The trust bundle in force. */
  readonly bundle: StoredBundle
  /** The issuers that sign now, parsed once. */
  readonly issuers: readonly Issuer[]
  /** Rows of the history that no change wrote, where they were looked for: each keeps the change of its number from being made. */
  readonly strayEvents?: readonly string[]
}

const required = (generation: Generation, oid: string): Uint8Array => {
  const value = extensionValue(generation.tbs, oid)
  if (value) return value
  throw new AlteredRow(`The certificate of ${generation.id} lacks the extension ${oid}.`)
}

const toIssuer = (generation: Generation): Issuer => {
  const { tbs, algorithm } = generation
  const spki = Buffer.from(tbs.subjectPublicKeyInfo)
  return {
    generation,
    algorithm,
    publicKey: createPublicKey({ key: spki, format: 'der', type: 'spki' }),
    subject: tbs.subject,
    publicKeyInfo: tbs.subjectPublicKeyInfo,
    subjectKeyIdentifier: decodeSubjectKeyIdentifier(required(generation, extensionOid.subjectKeyIdentifier)),
    extKeyUsage: decodeExtKeyUsage(required(generation, extensionOid.extKeyUsage)),
    notBefore: tbs.notBefore,
    notAfter: tbs.notAfter,
  }
}

/**
 * Reads a tenant's hierarchy, without its history, which grows; undefined when it has none.
 * @throws {Refusal} `tables-unavailable`
 */
export const readAuthority = async (tables: Tables, tenant: TenantId): Promise<Authority | undefined> => {
  const rows = await tables.list('authorities', tenant, { except: eventRows })
  const bundle = rows.find(({ row }) => row === bundleRowKey)
  if (!bundle) return undefined
  const generations = rows.map(fromRow).filter((generation) => generation !== undefined)
  const signing = generations.filter(({ kind, state }) => kind === 'issuer' && state === 'active')
  return {
    tenant,
    generations,
    crossCertificates: rows.map((row) => crossFromRow(row, tenant)).filter((cross) => cross !== undefined),
    bundle: bundleFromRow(bundle),
    issuers: signing.map(toIssuer),
  }
}

/**
 * Collects what a client sends along with a leaf: its issuer, and the issuer's root certified by the roots before it while those
 * are in the bundle, so that servers which know only those accept the leaf (NewWithOld). The latest that was put to work
 * comes first: openssl follows the first path only, and most servers know that root.
 * @returns DER certificates.
 */
export const chainOf = (
  { generations, crossCertificates }: Authority,
  { certificate, signedBy }: Generation,
): readonly Uint8Array[] => {
  const isStandby = (root: string) => generations.some(({ id, state }) => id === root && state === 'staged')
  const cross = publishedCross(generations, crossCertificates)
    .filter(({ subject }) => subject === signedBy)
    .toSorted((left, right) => (left.signedBy < right.signedBy ? 1 : -1))
    .toSorted((left, right) => Number(isStandby(left.signedBy)) - Number(isStandby(right.signedBy)))
  return [certificate, ...cross.map((one) => one.certificate)]
}

/** Resolves authorities for requests, through a cache. */
export interface Authorities {
  /**
   * Resolves what is published, as fresh as configurations.
   * @throws {Refusal} `issuer-unavailable` when the tenant has none, or `tables-unavailable`
   */
  resolve(tenant: TenantId, wait?: Wait): Promise<Authority>
  /**
   * Resolves what signs: younger than `issuingStaleMilliseconds` whatever is down, so that nobody is served long by an
   * issuer that is distrusted since.
   * @throws {Refusal} `issuer-unavailable` when the tenant has none, or `tables-unavailable`
   */
  resolveForIssuing(tenant: TenantId, wait?: Wait): Promise<Authority>
  /**
   * Resolves the bundle that is served, verified once each time that it is read.
   * @throws {Refusal} `bundle-unverified`, `issuer-unavailable` when the tenant has none, or `tables-unavailable`
   */
  resolveBundle(tenant: TenantId, wait?: Wait): Promise<PublishedBundle>
  /** Those that were resolved before. */
  known(): readonly Authority[]
}

/** How old the authority that signs a leaf may become while the tables do not answer, in milliseconds. */
export const issuingStaleMilliseconds = 60_000

/** An authority, and when its reading began; milliseconds. */
interface Dated {
  readonly authority: Authority
  readonly readAt: number
  readonly published: () => Promise<PublishedBundle>
}

const once = <Value>(make: () => Value): (() => Value) => {
  let made: { readonly value: Value } | undefined
  return () => (made ??= { value: make() }).value
}

/** Resolves authorities from the tables. */
export const authoritiesOf = (tables: Tables, now: () => Date): Authorities => {
  const lookup = cachedLookup<Dated>({
    async load(id) {
      const readAt = now().getTime()
      const tenant = parseTenantId(id)
      const authority = await readAuthority(tables, tenant)
      return (
        authority && { authority, readAt, published: once(() => publishBundle(tenant, authority.bundle)) }
      )
    },
    now: () => now().getTime(),
    freshMilliseconds: configurationFreshMilliseconds,
    staleMilliseconds: configurationStaleMilliseconds,
    absentMilliseconds: 2_000,
    maxAbsent: 1_000,
  })
  const find = async (tenant: TenantId, wait: Wait | undefined): Promise<Dated> => {
    const found = await lookup.get(tenant, wait)
    if (found) return found
    throw new Refusal('issuer-unavailable', 'Cannot enroll: the tenant has no authority yet.', {
      retryAfterSeconds: 30,
    })
  }
  return {
    known: () => lookup.values().map(({ authority }) => authority),
    resolve: async (tenant, wait) => (await find(tenant, wait)).authority,
    resolveBundle: async (tenant, wait) => (await find(tenant, wait)).published(),
    async resolveForIssuing(tenant, wait) {
      const { authority, readAt } = await find(tenant, wait)
      const age = now().getTime() - readAt
      if (age < issuingStaleMilliseconds) return authority
      throw new Refusal(
        'tables-unavailable',
        `Cannot enroll: the authority was read ${Math.floor(age / 1000)} s ago, the limit is ${issuingStaleMilliseconds / 1000} s.`,
        { retryAfterSeconds: 5 },
      )
    },
  }
}

export interface IssuerNeed {
  /** The validity of the leaf, both ends inclusive. */
  readonly validity: Validity
  readonly markerOid: string
}

/**
 * The issuers that may sign a leaf: active, valid for as long as the leaf, and constrained to the tenant's marker. They
 * are of equal standing.
 * @returns at least one.
 * @throws {Refusal} `issuer-unavailable`
 */
export const eligibleIssuers = (
  { issuers }: Authority,
  { validity, markerOid }: IssuerNeed,
): readonly Issuer[] => {
  const eligible = issuers
    .filter(({ notBefore, notAfter }) => notBefore <= validity.notBefore && notAfter >= validity.notAfter)
    .filter(({ extKeyUsage }) => maySignFor(extKeyUsage, markerOid))
  if (eligible.length > 0) return eligible
  const why =
    issuers.length === 0
      ? 'is active'
      : `is valid for as long as the certificate and may sign for the marker ${markerOid}`
  throw new Refusal('issuer-unavailable', `Cannot enroll: no issuer of the tenant ${why}.`, {
    retryAfterSeconds: 60,
  })
}
