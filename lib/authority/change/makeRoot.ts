import type { Tenant } from '../../tenant/tenants.ts'
import type { Authority } from '../authority.ts'
import { makeKey } from '../authorityKey.ts'
import { certifyCross, certifyRoot, type SigningRoot } from './certifyIssuer.ts'
import { type Ceremony, nextSequence } from './changeAuthority.ts'
import { type CrossCertificate, crossId } from '../crossCertificate.ts'
import { type Generation, generationId, newGeneration } from '../generation.ts'
import { keyName, made } from './nextNumber.ts'

/** The first root of a tenant, or the next: its key made, its certificate signed. */
export const makeRoot = async (
  tenant: Tenant,
  { before, number, state }: { before: Authority | undefined; number: number; state: 'active' | 'staged' },
  ceremony: Ceremony,
): Promise<{ readonly generation: Generation; readonly root: SigningRoot }> => {
  const { algorithm } = tenant.configuration.authority
  const key = await makeKey(ceremony.rootKeys, keyName(tenant, 'root', number), algorithm)
  const certificate = await certifyRoot(tenant, { key, number }, ceremony)
  const id = generationId('root', number)
  const origin = { kind: 'root', id, state, signedBy: id, publishedSequence: nextSequence(before) } as const
  const parts = { ...origin, certificate, algorithm, keyReference: key.reference }
  const generation = made(tenant, parts, ceremony)
  return { generation, root: { tbs: generation.tbs, key } }
}

/** The key of a root certified by another root. */
export const makeCross = async (
  subject: Generation,
  signedBy: { readonly generation: Generation; readonly root: SigningRoot },
  ceremony: Ceremony,
): Promise<CrossCertificate> => {
  const certificate = await certifyCross(subject.tbs, signedBy.root, ceremony)
  const { tbs, digest } = newGeneration({ ...subject, certificate })
  const id = crossId(subject.id, signedBy.generation.id)
  return {
    tenant: subject.tenant,
    id,
    subject: subject.id,
    signedBy: signedBy.generation.id,
    certificate,
    tbs,
    digest,
  }
}
