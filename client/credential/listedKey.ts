import type { Pkcs11Token } from './pkcs11Token.ts'

/** A key of a token, as the program lists it. */
export interface ListedKey {
  readonly type: 'privkey' | 'pubkey'
  readonly label: string
  readonly id: string
  readonly isNeverExtractable: boolean
  /** CKA_EC_POINT, hex of a DER OCTET STRING; empty for other keys. */
  readonly ecPoint: string
}

const field = (text: string, name: string): string =>
  new RegExp(`^ *${name}: *(.*)$`, 'm').exec(text)?.[1]?.trim() ?? ''

/** Lists the keys of a token, whoever made them. @throws {Refusal} those of the token */
export const listKeys = async (token: Pkcs11Token): Promise<readonly ListedKey[]> => {
  const listed = (await token(['--list-objects'])).toString()
  return listed.split(/^(?=\S)/m).flatMap((object): readonly ListedKey[] => {
    const [, type] = /^(Private|Public) Key Object/.exec(object) ?? []
    if (type === undefined) return []
    return [
      {
        type: type === 'Private' ? 'privkey' : 'pubkey',
        label: field(object, 'label'),
        id: field(object, 'ID').toLowerCase(),
        isNeverExtractable: field(object, 'Access').includes('never extractable'),
        ecPoint: field(object, 'EC_POINT'),
      },
    ]
  })
}

/** Removes keys of a token, by label and id. @throws {Refusal} those of the token */
export const removeKeys = async (token: Pkcs11Token, keys: readonly ListedKey[]): Promise<void> => {
  for (const { type, label, id } of keys)
    await token(['--delete-object', '--type', type, '--label', label, '--id', id])
}
