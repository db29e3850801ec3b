import type { Authority } from '../../lib/authority/authority.ts'
import { type Generation, generationId } from '../../lib/authority/generation.ts'
import { keyName } from '../../lib/authority/change/nextNumber.ts'
import { Refusal } from '../../lib/errors/refusal.ts'
import type { Tables } from '../../lib/store/tables.ts'
import type { Tenant } from '../../lib/tenant/tenants.ts'
import type { OptionValues } from '../commandLine/command.ts'
import { type NamedKey, withNamedKeys } from './withNamedKeys.ts'
import type { AuthorityWork } from './openAuthority.ts'
import { optionalOption } from '../commandLine/requiredOption.ts'

/** The generations that a first authority has, by the options that name their keys. */
const keyOptions = [
  { option: 'root-key', kind: 'root', number: 1 },
  { option: 'standby-key', kind: 'root', number: 2 },
  { option: 'issuer-key', kind: 'issuer', number: 1 },
] as const

const namedKeysOf = (tenant: Tenant, values: OptionValues, wanted: Generation['kind']): readonly NamedKey[] =>
  keyOptions
    .filter(({ kind }) => kind === wanted)
    .flatMap(({ option, kind, number }) => {
      const reference = optionalOption(values, option)
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
export const checkFirstKeys = ({ tenant, generations }: Authority, values: OptionValues): void => {
  for (const { option, kind, number } of keyOptions) {
    const reference = optionalOption(values, option)
    const id = generationId(kind, number)
    const used = generations.find((one) => one.id === id)?.keyReference
    if (reference === undefined || reference === used) continue
    throw new Refusal(
      'transition-refused',
      `Cannot use --${option}: ${tenant} has an authority, and ${id} another key.`,
    )
  }
}

/**
 * The work with the keys that `--root-key`, `--standby-key` and `--issuer-key` name in the place of new ones.
 * @throws {Refusal} `usage-wrong`, `signer-refused`, `signer-unavailable`, `key-file-refused` or `tables-unavailable`
 */
export const withFirstKeys = async (
  { ceremony, ...work }: AuthorityWork,
  values: OptionValues,
): Promise<AuthorityWork> => {
  const { tenant } = work
  const { algorithm } = tenant.configuration.authority
  const [roots, issuers] = [namedKeysOf(tenant, values, 'root'), namedKeysOf(tenant, values, 'issuer')]
  checkDistinct([...roots, ...issuers])
  const rootKeys = await withNamedKeys(ceremony.rootKeys, roots, algorithm)
  const issuerKeys = await withNamedKeys(ceremony.issuerKeys, issuers, algorithm)
  await checkUnused(ceremony.tables, [...roots, ...issuers])
  return { ...work, ceremony: { ...ceremony, rootKeys, issuerKeys } }
}
