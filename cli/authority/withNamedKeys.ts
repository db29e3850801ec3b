import type { AuthorityAlgorithm, KeyProvider } from '../../lib/keys/signer.ts'
import { Refusal } from '../../lib/errors/refusal.ts'

/** A key that exists, named on the command line in place of one that the command would make. */
export interface NamedKey {
  /** Without its hyphens: `root-key`. */
  readonly option: string
  readonly reference: string
  /** The name of the key that it stands for. */
  readonly replaces: string
}

const refuse = ({ option, reference }: NamedKey, why: string): Refusal =>
  new Refusal('usage-wrong', `Cannot use --${option} ${JSON.stringify(reference.slice(0, 200))}: ${why}.`)

const check = async (key: NamedKey, keys: KeyProvider, algorithm: AuthorityAlgorithm): Promise<void> => {
  if (!keys.holds(key.reference)) throw refuse(key, 'it is not where the deployment has such keys')
  const signer = await keys.open(key.reference)
  if (signer.algorithm !== algorithm)
    throw refuse(key, `it is for ${signer.algorithm}, and the tenant's authority for ${algorithm}`)
}

/**
 * Puts keys that exist in the place of those that a command would make, each checked before anything is made: where it is,
 * that its reference has a version, and its algorithm.
 * @throws {Refusal} `usage-wrong`, `signer-refused`, `signer-unavailable` or `key-file-refused`
 */
export const withNamedKeys = async (
  keys: KeyProvider,
  named: readonly NamedKey[],
  algorithm: AuthorityAlgorithm,
): Promise<KeyProvider> => {
  for (const key of named) await check(key, keys, algorithm)
  return {
    open: (reference) => keys.open(reference),
    holds: (reference) => keys.holds(reference),
    create: async (name, wanted) =>
      named.find(({ replaces }) => replaces === name)?.reference ?? keys.create(name, wanted),
  }
}
