import type { Authority } from '../../lib/authority/authority.ts'
import { type Generation, generationId } from '../../lib/authority/generation.ts'
import { keyName } from '../../lib/authority/change/nextNumber.ts'
import { Refusal } from '../../lib/errors/refusal.ts'
import type { Tables } from '../../lib/store/tables.ts'
import type { Tenant } from '../../lib/tenant/tenants.ts'
import { optionName, text, type Values } from '../commandLine/option.ts'
import type { AuthorityAlgorithm, KeyProvider } from '../../lib/keys/signer.ts'
import type { AuthorityWork } from './openAuthority.ts'

/** Describes the options that name keys of a first authority. */
export const firstKeyOptions = {
  rootKey: text(
    'ID',
    'the key of the root, one that exists: a key id of the vault with its version; else one is made',
  ),
  standbyKey: text('ID', 'the same for the key of the standby root'),
  issuerKey: text('ID', 'the same for the key of the issuer'),
}

type FirstKeys = Values<typeof firstKeyOptions>

/** Tells which generation of a first authority has the key of which option. */
const firstGenerations = [
  { member: 'rootKey', kind: 'root', number: 1 },
  { member: 'standbyKey', kind: 'root', number: 2 },
  { member: 'issuerKey', kind: 'issuer', number: 1 },
] as const satisfies readonly { readonly member: keyof FirstKeys; readonly [more: string]: unknown }[]

/** A key that exists, named on the command line in place of one that the command would make. */
interface NamedKey {
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
const withNamedKeys = async (
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

const namedKeysOf = (tenant: Tenant, keys: FirstKeys, wanted: Generation['kind']): readonly NamedKey[] =>
  firstGenerations
    .filter(({ kind }) => kind === wanted)
    .flatMap(({ member, kind, number }) => {
      const { [member]: reference } = keys
      const option = optionName(member)
      return reference === undefined ? [] : [{ option, reference, replaces: keyName(tenant, kind, number) }]
    })

/** A key that two generations share is stolen from both at once. */
const checkDistinct = (named: readonly NamedKey[]): void => {
  const twice = named.find((key, index) => named.findIndex((one) => one.reference === key.reference) < index)
  if (twice)
    throw new Refusal('usage-wrong', `Cannot use --${twice.option}: another option names the same key.`)
}

/** Its key is in the hands of one tenant alone. */
const checkUnused = async (tables: Tables, named: readonly NamedKey[]): Promise<void> => {
  for (const { option, reference } of named) {
    const where = { property: 'keyReference', value: reference, limit: 1 }
    const [user] = await tables.find('authorities', where)
    if (user)
      throw new Refusal(
        'usage-wrong',
        `Cannot use --${option}: it is the key of ${user.row} of ${user.partition}.`,
      )
  }
}

/**
 * Checks that the options name the keys of an authority that exists, where they name any.
 * @throws {Refusal} `transition-refused`
 */
export const checkFirstKeys = ({ tenant, generations }: Authority, keys: FirstKeys): void => {
  for (const { member, kind, number } of firstGenerations) {
    const { [member]: reference } = keys
    const id = generationId(kind, number)
    const used = generations.find((one) => one.id === id)?.keyReference
    if (reference === undefined || reference === used) continue
    throw new Refusal(
      'transition-refused',
      `Cannot use --${optionName(member)}: ${tenant} has an authority, and ${id} another key.`,
    )
  }
}

/**
 * Gives work the keys that `--root-key`, `--standby-key` and `--issuer-key` name in the place of new ones.
 * @throws {Refusal} `usage-wrong`, `signer-refused`, `signer-unavailable`, `key-file-refused` or `tables-unavailable`
 */
export const withFirstKeys = async (
  { ceremony, ...work }: AuthorityWork,
  keys: FirstKeys,
): Promise<AuthorityWork> => {
  const { tenant } = work
  const { algorithm } = tenant.configuration.authority
  const [roots, issuers] = [namedKeysOf(tenant, keys, 'root'), namedKeysOf(tenant, keys, 'issuer')]
  checkDistinct([...roots, ...issuers])
  const rootKeys = await withNamedKeys(ceremony.rootKeys, roots, algorithm)
  const issuerKeys = await withNamedKeys(ceremony.issuerKeys, issuers, algorithm)
  await checkUnused(ceremony.tables, [...roots, ...issuers])
  return { ...work, ceremony: { ...ceremony, rootKeys, issuerKeys } }
}
