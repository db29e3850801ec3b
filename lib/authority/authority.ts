import { createPublicKey, type KeyObject } from 'node:crypto'
import { Refusal } from '../errors/refusal.ts'
import type { LeafIssuer, Validity } from '../profile/leafProfile.ts'
import { cachedLookup } from '../store/cachedLookup.ts'
import type { Tables } from '../store/tables.ts'
import { configurationFreshMilliseconds, configurationStaleMilliseconds } from '../tenant/configurationAge.ts'
import { parseTenantId, type TenantId } from '../tenant/tenantId.ts'
import { extensionValue } from '../x509/certificate.ts'
import { decodeExtKeyUsage, decodeSubjectKeyIdentifier, extensionOid } from '../x509/extensions.ts'
import { fromRow, type Generation } from './generation.ts'

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
  /** The issuers that sign now, parsed once. */
  readonly issuers: readonly Issuer[]
}

const required = (generation: Generation, oid: string): Uint8Array => {
  const value = extensionValue(generation.tbs, oid)
  if (value) return value
  throw new Error(`The certificate of ${generation.id} lacks the extension ${oid}.`)
}

const toIssuer = (generation: Generation): Issuer => {
  const { tbs, algorithm } = generation
  const spki = Buffer.from(tbs.subjectPublicKeyInfo)
  return {
    generation,
    algorithm,
    publicKey: createPublicKey({ key: spki, format: 'der', type: 'spki' }),
    subject: tbs.subject,
    subjectKeyIdentifier: decodeSubjectKeyIdentifier(required(generation, extensionOid.subjectKeyIdentifier)),
    extKeyUsage: decodeExtKeyUsage(required(generation, extensionOid.extKeyUsage)),
    notBefore: tbs.notBefore,
    notAfter: tbs.notAfter,
  }
}

/** Reads a tenant's hierarchy; undefined when it has none. @throws {Refusal} `tables-unavailable` */
export const readAuthority = async (tables: Tables, tenant: TenantId): Promise<Authority | undefined> => {
  const rows = await tables.list('authorities', tenant)
  const generations = rows.map(fromRow).filter((generation) => generation !== undefined)
  if (generations.length === 0) return undefined
  const signing = generations.filter(({ kind, state }) => kind === 'issuer' && state === 'active')
  return { tenant, generations, issuers: signing.map(toIssuer) }
}

/** Resolves authorities for requests, through a cache. */
export interface Authorities {
  /** @throws {Refusal} `issuer-unavailable` when the tenant has none, or `tables-unavailable` */
  resolve(tenant: TenantId): Promise<Authority>
}

/** Resolves authorities from the tables, as fresh as configurations. */
export const authoritiesOf = (tables: Tables, now: () => Date): Authorities => {
  const lookup = cachedLookup<Authority>({
    load: (id) => readAuthority(tables, parseTenantId(id)),
    now: () => now().getTime(),
    freshMilliseconds: configurationFreshMilliseconds,
    staleMilliseconds: configurationStaleMilliseconds,
    absentMilliseconds: 2_000,
    maxAbsent: 1_000,
  })
  return {
    async resolve(tenant) {
      const authority = await lookup.get(tenant)
      if (authority) return authority
      throw new Refusal('issuer-unavailable', 'Cannot enroll: the tenant has no authority yet.', {
        retryAfterSeconds: 30,
      })
    },
  }
}

/** What a leaf needs of the issuer that signs it. */
export interface IssuerNeed {
  /** The validity of the leaf, both ends inclusive. */
  readonly validity: Validity
  readonly markerOid: string
}

/**
 * Chooses the issuer of a leaf: active, valid for as long as the leaf, and constrained to the tenant's marker.
 * Among several the one that ends last.
 * @throws {Refusal} `issuer-unavailable`
 */
export const chooseIssuer = ({ issuers }: Authority, { validity, markerOid }: IssuerNeed): Issuer => {
  const [chosen] = issuers
    .filter(({ notBefore, notAfter }) => notBefore <= validity.notBefore && notAfter >= validity.notAfter)
    .filter(({ extKeyUsage }) => extKeyUsage.includes(markerOid))
    .sort((a, b) => b.notAfter.getTime() - a.notAfter.getTime())
  if (chosen) return chosen
  const why =
    issuers.length === 0
      ? 'is active'
      : `is valid for as long as the certificate and may sign for the marker ${markerOid}`
  throw new Refusal('issuer-unavailable', `Cannot enroll: no issuer of the tenant ${why}.`, {
    retryAfterSeconds: 60,
  })
}
