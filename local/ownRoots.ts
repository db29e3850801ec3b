import { X509Certificate } from 'node:crypto'
import { readStored, type Trust } from '../lib/authority/trusted/changeTrusted.ts'
import type { Ceremony } from '../lib/authority/change/changeAuthority.ts'
import { type Generation, isPublished } from '../lib/authority/generation.ts'
import { Refusal } from '../lib/errors/refusal.ts'
import type { KeyProvider } from '../lib/keys/signer.ts'
import type { TenantId } from '../lib/tenant/tenantId.ts'

/** Whether a key of this machine signed a root that is its own: no table can make that so. */
const isOwn = async (keys: KeyProvider, { keyReference, certificate }: Generation): Promise<boolean> => {
  try {
    const signer = await keys.open(keyReference)
    const root = new X509Certificate(certificate)
    const spki = root.publicKey.export({ format: 'der', type: 'spki' })
    return spki.equals(signer.publicKey) && root.verify(root.publicKey)
  } catch (error) {
    if (error instanceof Refusal) return false
    throw error
  }
}

/**
 * The anchors of a folder that has none, since an earlier version wrote it or its file of anchors is gone: the roots whose
 * keys the folder holds. Elsewhere an administrator names them with `--anchor`, which needs tables that run.
 * @returns SHA-256, lower-case hex; none where anchors are known, which alone count.
 */
export const ownRoots = async (
  { tables, rootKeys }: Pick<Ceremony, 'tables' | 'rootKeys'>,
  { tenant, trust }: { readonly tenant: TenantId; readonly trust: Trust },
): Promise<readonly string[]> => {
  if (await trust.store.read(tenant)) return []
  const { generations = [] } = (await readStored(tables, tenant, trust)) ?? {}
  const roots = generations.filter((one) => one.kind === 'root' && isPublished(one))
  const own = await Promise.all(roots.map((root) => isOwn(rootKeys, root)))
  return roots.filter((_, index) => own[index]).map(({ digest }) => digest)
}
