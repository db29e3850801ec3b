import { Refusal } from '../errors/refusal.ts'
import type { AuthorityAlgorithm, KeyProvider, Signer } from '../keys/signer.ts'
import { authorityLimits, authorityValidity, issuerTbs, rootTbs } from '../profile/authorityProfile.ts'
import { lintIssuer, lintRoot } from '../profile/authorityRules.ts'
import { leafLimits } from '../profile/leafProfile.ts'
import type { Tables } from '../store/tables.ts'
import type { Tenant } from '../tenant/tenants.ts'
import { encodeCertificate, parseCertificate } from '../x509/certificate.ts'
import type { NameAttribute } from '../x509/name.ts'
import { keyIdentifier, parsePublicKey, type PublicKey } from '../x509/publicKey.ts'
import { verifiesSignature } from '../x509/signatureAlgorithm.ts'
import { encodeTbsCertificate, serialNumberFrom, type TbsCertificate } from '../x509/tbsCertificate.ts'
import { type Authority, readAuthority } from './authority.ts'
import { generationId, type NewGeneration, toRow } from './generation.ts'

/** What making an authority needs from outside. */
export interface Ceremony {
  readonly tables: Tables
  readonly keys: KeyProvider
  readonly now: Date
  /** Cryptographically random octets. */
  readonly random: (octets: number) => Uint8Array
  /** A UUID for the request id of each signature. */
  readonly uuid: () => string
}

interface AuthorityKey {
  readonly reference: string
  readonly signer: Signer
  readonly publicKey: PublicKey
}

const makeKey = async (
  keys: KeyProvider,
  name: string,
  algorithm: AuthorityAlgorithm,
): Promise<AuthorityKey> => {
  const reference = await keys.create(name, algorithm)
  const signer = await keys.open(reference)
  return { reference, signer, publicKey: parsePublicKey(signer.publicKey) }
}

/** Distinct for every key, so that no two generations share a name: the number, and the start of the key identifier. */
const authorityName = (
  tenant: Tenant,
  kind: string,
  { publicKey }: AuthorityKey,
): readonly NameAttribute[] => {
  const identifier = Buffer.from(keyIdentifier(publicKey.bits)).toString('hex').slice(0, 8)
  return [
    ['O', tenant.configuration.displayName],
    ['CN', `VPN ${kind} 1 ${identifier}`],
  ]
}

const sign = async (
  tbs: Uint8Array,
  { signer, publicKey }: AuthorityKey,
  requestId: string,
): Promise<Uint8Array> => {
  const { algorithm } = signer
  const signature = await signer.sign(tbs, requestId)
  if (!verifiesSignature({ algorithm, publicKey: publicKey.keyObject, signed: tbs, signature })) {
    throw new Refusal('signature-unverified', 'Cannot sign the authority: the signature does not verify.')
  }
  return encodeCertificate(tbs, algorithm, signature)
}

const makeRoot = async (tenant: Tenant, key: AuthorityKey, ceremony: Ceremony): Promise<Uint8Array> => {
  const { publicKey, signer } = key
  const maxLifetimeMilliseconds = authorityLimits.rootLifetimeMilliseconds
  const tbs = rootTbs({
    name: authorityName(tenant, 'root', key),
    publicKey,
    algorithm: signer.algorithm,
    serialNumber: serialNumberFrom(ceremony.random(leafLimits.serialNumberOctets)),
    validity: authorityValidity(ceremony.now, maxLifetimeMilliseconds),
  })
  const der = encodeTbsCertificate(tbs)
  lintRoot(der, { publicKey, algorithm: signer.algorithm, issuerName: tbs.issuer, maxLifetimeMilliseconds })
  return sign(der, key, ceremony.uuid())
}

interface IssuerMaking {
  readonly tenant: Tenant
  readonly key: AuthorityKey
  readonly rootKey: AuthorityKey
  readonly root: TbsCertificate
}

const makeIssuer = async (making: IssuerMaking, ceremony: Ceremony): Promise<Uint8Array> => {
  const { tenant, key, rootKey, root } = making
  const { markerOid } = tenant.configuration.certificate
  const maxLifetimeMilliseconds = authorityLimits.issuerLifetimeMilliseconds
  const rootKeyIdentifier = keyIdentifier(rootKey.publicKey.bits)
  const { algorithm } = rootKey.signer
  const tbs = issuerTbs({
    name: authorityName(tenant, 'issuer', key),
    publicKey: key.publicKey,
    algorithm,
    serialNumber: serialNumberFrom(ceremony.random(leafLimits.serialNumberOctets)),
    validity: authorityValidity(ceremony.now, maxLifetimeMilliseconds, root.notAfter),
    root,
    rootKeyIdentifier,
    markerOid,
  })
  const der = encodeTbsCertificate(tbs)
  lintIssuer(der, {
    publicKey: key.publicKey,
    algorithm,
    issuerName: root.subject,
    maxLifetimeMilliseconds,
    rootKeyIdentifier,
    rootNotAfter: root.notAfter,
    markerOid,
  })
  return sign(der, rootKey, ceremony.uuid())
}

const makeGenerations = async (tenant: Tenant, ceremony: Ceremony): Promise<readonly NewGeneration[]> => {
  const { algorithm } = tenant.configuration.authority
  const rootKey = await makeKey(ceremony.keys, `${tenant.tenant}.root-1`, algorithm)
  const key = await makeKey(ceremony.keys, `${tenant.tenant}.issuer-1`, algorithm)
  const rootCertificate = await makeRoot(tenant, rootKey, ceremony)
  const root = parseCertificate(rootCertificate).tbs
  const certificate = await makeIssuer({ tenant, key, rootKey, root }, ceremony)
  const common = {
    tenant: tenant.tenant,
    state: 'active',
    signedBy: generationId('root', 1),
    algorithm,
  } as const
  return [
    {
      ...common,
      kind: 'root',
      id: generationId('root', 1),
      certificate: rootCertificate,
      keyReference: rootKey.reference,
    },
    { ...common, kind: 'issuer', id: generationId('issuer', 1), certificate, keyReference: key.reference },
  ]
}

/**
 * Makes a tenant's first root and issuer, both active, in one transaction; leaves an authority that exists alone.
 * A command that crashed is run again: it finds the keys it made and finishes.
 * @throws {Refusal} `key-file-refused`, `signer-unavailable`, `signature-unverified`, `lint-failed` or
 *   `tables-unavailable`
 */
export const initAuthority = async (
  tenant: Tenant,
  ceremony: Ceremony,
): Promise<{ readonly authority: Authority; readonly created: boolean }> => {
  const { tables } = ceremony
  const existing = await readAuthority(tables, tenant.tenant)
  if (existing) return { authority: existing, created: false }
  const generations = await makeGenerations(tenant, ceremony)
  const created = await tables.transact(
    'authorities',
    generations.map((generation) => ({ kind: 'insert', row: toRow(generation) })),
  )
  const authority = await readAuthority(tables, tenant.tenant)
  if (!authority) throw new Error(`The authority of ${tenant.tenant} was written and is not there.`)
  return { authority, created }
}
