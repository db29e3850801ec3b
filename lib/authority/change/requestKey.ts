import { Refusal } from '../../errors/refusal.ts'
import type { Tables } from '../../store/tables.ts'
import { keyHash } from '../../x509/publicKey.ts'
import type { TbsCertificate } from '../../x509/tbsCertificate.ts'
import type { Authority } from '../authority.ts'
import { type AuthorityKey, makeKey, namedKey, openKey } from '../authorityKey.ts'
import type { Ceremony } from './changeAuthority.ts'
import type { Generation } from '../generation.ts'
import { nextNumber, requestedKeyName } from './nextNumber.ts'
import { signPrepared } from '../../keys/signPrepared.ts'
import { prepareRequest } from '../../prepared/prepared.ts'
import { issuerExtensions } from '../../profile/rootTbs.ts'
import type { Tenant } from '../../tenant/tenants.ts'
import { encodeCsr } from '../../x509/encodeCsr.ts'
import { encodeName } from '../../x509/encodeName.ts'
import { authorityName } from './certifyIssuer.ts'

/**
 * Makes the certification request that an offline root turns into the next issuer: it asks for every extension that the
 * certificate must have but authorityKeyIdentifier, which only the root can tell.
 * @returns DER CertificationRequest.
 * @throws {Refusal} `signer-unavailable` or `signature-unverified`
 */
export const issuerCsr = async (
  tenant: Tenant,
  { key, number }: { readonly key: AuthorityKey; readonly number: number },
  requestId: string,
): Promise<Uint8Array> => {
  const { publicKey, signer } = key
  const prepared = prepareRequest({
    subject: encodeName(authorityName(tenant, `issuer ${number}`, publicKey)),
    subjectPublicKeyInfo: publicKey.spki,
    extensions: issuerExtensions(publicKey, tenant.configuration.certificate.markerOid),
  })
  const signature = await signPrepared(prepared, namedKey(key, key.reference), requestId)
  return encodeCsr(prepared.octets, signer.algorithm, signature)
}

export interface Beneath {
  readonly before: Authority
  readonly root: Generation
}

const rowKey = ({ tenant, id }: Generation, spki: Uint8Array) => ({
  partition: tenant,
  row: `request~${id}~${keyHash(spki)}`,
})

/**
 * Makes the key of the issuer that a root made elsewhere is asked to certify, or finds it, and notes where it is: the
 * certificate may come back after other issuers were staged, or when new keys are made elsewhere.
 * @throws {Refusal} `key-file-refused`, `signer-refused`, `signer-unavailable` or `tables-unavailable`
 */
export const requestKey = async (
  tenant: Tenant,
  { before, root }: Beneath,
  { tables, issuerKeys }: Pick<Ceremony, 'tables' | 'issuerKeys'>,
): Promise<{ readonly number: number; readonly key: AuthorityKey }> => {
  const number = nextNumber(before, 'issuer')
  const { algorithm } = tenant.configuration.authority
  const key = await makeKey(issuerKeys, requestedKeyName(tenant, number, root), algorithm)
  const values = { keyReference: key.reference }
  await tables.insert('authorities', { ...rowKey(root, key.publicKey.spki), values })
  return { number, key }
}

const keyReferenceOf = async (
  tables: Tables,
  { subjectPublicKeyInfo }: TbsCertificate,
  root: Generation,
): Promise<string> => {
  const row = await tables.get('authorities', rowKey(root, subjectPublicKeyInfo))
  if (row) return String(row.values['keyReference'])
  throw new Refusal(
    'certificate-refused',
    `Cannot stage the issuer: its key is not one that Mayfly requested beneath ${root.id}; run --csr-out.`,
  )
}

/**
 * Opens the key that was requested beneath this root and that a certificate is for; makes none.
 * @throws {Refusal} `certificate-refused`, `key-file-refused`, `signer-refused`, `signer-unavailable` or
 *   `tables-unavailable`
 */
export const openRequestedKey = async (
  tbs: TbsCertificate,
  root: Generation,
  { tables, issuerKeys }: Pick<Ceremony, 'tables' | 'issuerKeys'>,
): Promise<AuthorityKey> => openKey(issuerKeys, await keyReferenceOf(tables, tbs, root))
