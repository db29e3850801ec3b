import { Refusal } from '../../errors/refusal.ts'
import type { Tenant } from '../../tenant/tenants.ts'
import { type Authority, readAuthority } from '../authority.ts'
import { makeKey } from '../authorityKey.ts'
import { certifyIssuer, makeCross, makeRoot, type SigningRoot } from './certifyIssuer.ts'
import { type Ceremony, type Change, changeAuthority } from './changeAuthority.ts'
import { type Generation, generationId } from '../generation.ts'
import { keyName, made } from './nextNumber.ts'

const firstIssuer = async (tenant: Tenant, root: SigningRoot, ceremony: Ceremony): Promise<Generation> => {
  const { algorithm } = tenant.configuration.authority
  const key = await makeKey(ceremony.issuerKeys, keyName(tenant, 'issuer', 1), algorithm)
  const certificate = await certifyIssuer(tenant, { publicKey: key.publicKey, number: 1, root }, ceremony)
  const origin = { kind: 'issuer', number: 1, state: 'active', signedBy: generationId('root', 1) } as const
  const parts = { ...origin, certificate, algorithm, keyReference: key.reference }
  return made(tenant, undefined, parts, ceremony)
}

/** A standby root is published from the start, so that a compromised root can be left without touching servers. */
const firstChange = async (tenant: Tenant, ceremony: Ceremony): Promise<Change> => {
  const first = await makeRoot(tenant, { before: undefined, number: 1, state: 'active' }, ceremony)
  const standby = await makeRoot(tenant, { before: undefined, number: 2, state: 'staged' }, ceremony)
  const issuer = await firstIssuer(tenant, first.root, ceremony)
  const cross = await makeCross(standby.generation, first, ceremony)
  const generations = [first.generation, standby.generation, issuer]
  return {
    action: 'init',
    generations,
    crossCertificates: [cross],
    changes: [...generations.map(({ id, state }) => `${id} ${state}`), `${cross.id} made`],
    forced: [],
  }
}

/**
 * Makes a tenant's first authority: a root and an issuer, both active, and a standby root; leaves one that exists alone.
 * A command that crashed is run again: it finds the keys it made and finishes.
 * @param announce is told the roots before anything is written.
 * @throws {Refusal} `key-file-refused`, `signer-unavailable`, `signature-unverified`, `lint-failed` or
 *   `tables-unavailable`
 */
export const initAuthority = async (
  tenant: Tenant,
  ceremony: Ceremony,
  announce: (roots: readonly Generation[]) => Promise<void> = () => Promise.resolve(),
): Promise<{ readonly authority: Authority; readonly created: boolean }> => {
  const existing = await readAuthority(ceremony.tables, tenant.tenant)
  if (existing) return { authority: existing, created: false }
  const change = await firstChange(tenant, ceremony)
  await announce(change.generations.filter(({ kind }) => kind === 'root'))
  try {
    return {
      authority: await changeAuthority(tenant, { change, before: undefined }, ceremony),
      created: true,
    }
  } catch (error) {
    if (!(error instanceof Refusal) || error.code !== 'configuration-conflict') throw error
    const authority = await readAuthority(ceremony.tables, tenant.tenant)
    if (authority) return { authority, created: false }
    throw error
  }
}
