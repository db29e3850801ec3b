import { Refusal } from '../errors/refusal.ts'

const word = '[a-z0-9]+(?:-[a-z0-9]+)*'
const dotted = new RegExp(`^([a-z0-9][a-z0-9-]*)\\.(${word})$`)
const plain = new RegExp(`^${word}$`)

/** Key Vault's limit; it also refuses dots. */
const maxCharacters = 127

/**
 * Names a key as Key Vault can: `contoso.root-1` becomes `contoso--root-1`.
 *
 * No two names become one: nothing after the dot holds two hyphens in a row, so the last two tell where the dot was, and a
 * name without a dot holds none.
 * @throws {Refusal} `signer-refused`
 */
export const keyVaultName = (name: string): string => {
  const [, tenant, rest] = dotted.exec(name) ?? []
  const mapped = tenant !== undefined && rest !== undefined ? `${tenant}--${rest}` : name
  const isAllowed = mapped.length <= maxCharacters && (mapped !== name || plain.test(name))
  if (isAllowed) return mapped
  throw new Refusal('signer-refused', `Cannot make the key ${JSON.stringify(name)}: its name is not allowed.`)
}
