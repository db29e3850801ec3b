import { Refusal } from '../../errors/refusal.ts'
import { authorityAlgorithms, type AuthorityAlgorithm } from '../../keys/signer.ts'
import { lintImportedRoot } from '../../profile/lintImportedRoot.ts'
import type { Tenant } from '../../tenant/tenants.ts'
import { type Certificate, parseCertificate } from '../../x509/certificate.ts'
import { verifiesSignature } from '../../x509/signatureAlgorithm.ts'
import type { Authority } from '../authority.ts'
import { type Ceremony, nextSequence } from './changeAuthority.ts'
import { type Generation, generationId, offlineKeyReference } from '../generation.ts'
import { checkDistinct, importedKey, lintImported } from './lintImported.ts'
import { made, nextNumber } from './nextNumber.ts'

const algorithmOf = ({ tbs }: Certificate): AuthorityAlgorithm => {
  const found = authorityAlgorithms.find((algorithm) => algorithm === tbs.signature)
  if (found) return found
  throw new Refusal('certificate-refused', `Cannot stage the root: it is signed with ${tbs.signature}.`)
}

/**
 * Takes in a root that was made elsewhere, if paths beneath it can hold.
 * @throws {Refusal} `certificate-refused` or `certificate-malformed`
 */
export const importRoot = (
  tenant: Tenant,
  { der, before }: { readonly der: Uint8Array; readonly before: Authority },
  ceremony: Ceremony,
): Generation => {
  const certificate = parseCertificate(der)
  const { signed, signature } = certificate
  const algorithm = algorithmOf(certificate)
  lintImported(() => lintImportedRoot(signed, { now: ceremony.now }))
  const { keyObject: publicKey } = importedKey(certificate)
  if (!verifiesSignature({ algorithm, publicKey, signed, signature }))
    throw new Refusal('certificate-refused', 'Cannot stage the root: its signature does not verify.')
  checkDistinct(certificate, before.generations)
  const id = generationId('root', nextNumber(before, 'root'))
  const origin = { kind: 'root', id, state: 'staged', signedBy: id } as const
  const sequence = { publishedSequence: nextSequence(before) }
  const parts = { ...origin, ...sequence, certificate: der, algorithm, keyReference: offlineKeyReference }
  return made(tenant, parts, ceremony)
}
