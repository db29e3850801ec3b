import { signPrepared } from '../../keys/signPrepared.ts'
import { prepareRequest } from '../../prepared/prepared.ts'
import { issuerExtensions } from '../../profile/rootTbs.ts'
import type { Tenant } from '../../tenant/tenants.ts'
import { encodeCsr } from '../../x509/encodeCsr.ts'
import { encodeName } from '../../x509/encodeName.ts'
import { type AuthorityKey, namedKey } from '../authorityKey.ts'
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
