import { Refusal } from '../../errors/refusal.ts'
import { lintImportedIssuer } from '../../profile/lintImportedRoot.ts'
import type { Tenant } from '../../tenant/tenants.ts'
import { parseCertificate } from '../../x509/certificate.ts'
import { parsePublicKey } from '../../x509/publicKey.ts'
import { verifiesSignature } from '../../x509/signatureAlgorithm.ts'
import type { AuthorityKey } from '../authorityKey.ts'
import { issuerExpectation } from './certifyIssuer.ts'
import type { Ceremony } from './changeAuthority.ts'
import { checkDistinct, lintImported } from './lintImported.ts'
import { type Beneath, openRequestedKey } from './requestKey.ts'

const refuse = (why: string) => new Refusal('certificate-refused', `Cannot stage the issuer: ${why}.`)

/**
 * Takes in the certificate that a root made elsewhere signed for a key which was requested beneath it.
 * @returns the certificate, DER, and its key.
 * @throws {Refusal} `certificate-refused`, `certificate-malformed`, `key-file-refused`, `signer-refused`,
 *   `signer-unavailable` or `tables-unavailable`
 */
export const importIssuer = async (
  tenant: Tenant,
  { before, root, der }: Beneath & { readonly der: Uint8Array },
  ceremony: Ceremony,
): Promise<{ readonly certificate: Uint8Array; readonly key: AuthorityKey }> => {
  const certificate = parseCertificate(der)
  const { tbs, signed, signature } = certificate
  const key = await openRequestedKey(tbs, root, ceremony)
  lintImported(() => lintImportedIssuer(signed, issuerExpectation(tenant, key.publicKey, root.tbs)))
  const { keyObject: publicKey } = parsePublicKey(root.tbs.subjectPublicKeyInfo)
  if (!verifiesSignature({ algorithm: tbs.signature, publicKey, signed, signature }))
    throw refuse(`${root.id} did not sign its certificate`)
  if (ceremony.now < tbs.notBefore || tbs.notAfter <= ceremony.now)
    throw refuse('its certificate is not valid now')
  checkDistinct(certificate, before.generations)
  return { certificate: der, key }
}
