import { issuerExtensions } from '../../profile/authorityProfile.ts'
import type { Tenant } from '../../tenant/tenants.ts'
import { encodeCsr, encodeCsrInfo } from '../../x509/encodeCsr.ts'
import { encodeName } from '../../x509/encodeName.ts'
import { verifiesSignature } from '../../x509/signatureAlgorithm.ts'
import type { AuthorityKey } from '../authorityKey.ts'
import { authorityName } from './certifyIssuer.ts'
import { Refusal } from '../../errors/refusal.ts'

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
  const info = encodeCsrInfo({
    subject: encodeName(authorityName(tenant, `issuer ${number}`, publicKey)),
    subjectPublicKeyInfo: publicKey.spki,
    extensions: issuerExtensions(publicKey, tenant.configuration.certificate.markerOid),
  })
  const signature = await signer.sign(info, requestId)
  const { algorithm } = signer
  if (verifiesSignature({ algorithm, publicKey: publicKey.keyObject, signed: info, signature }))
    return encodeCsr(info, algorithm, signature)
  throw new Refusal('signature-unverified', 'Cannot sign the request: the signature does not verify.')
}
