/** Something said of a key that does not go with the rest. */
export interface KeyFault {
  /** The member of mayfly.toml, which is called as the option is. */
  readonly member: string
  /** Follows the member and a colon, or the option. */
  readonly reason: string
}

type Said = Readonly<Record<string, unknown>>

/** A PKCS#12 file holds the key. */
const pkcs12Faults = (said: Said): readonly KeyFault[] => {
  const { store = 'folder', 'key-provider': provider = 'software', 'pkcs12-password': password } = said
  const elsewhere = store === 'folder' ? provider : `the store ${String(store)}`
  if (password === undefined || elsewhere === 'software') return []
  const reason = `is for a file that holds the key, and no file can hold a key of ${String(elsewhere)}`
  return [{ member: 'pkcs12-password', reason }]
}

const tokenMembers = ['pkcs11-module', 'pkcs11-token', 'pkcs11-pin-file']

/** A token is told by its library, its label and its PIN. */
const pkcs11Faults = (said: Said): readonly KeyFault[] => {
  const isToken = said['key-provider'] === 'pkcs11'
  const reason = isToken
    ? 'is missing, which the key-provider pkcs11 needs'
    : 'is for the key-provider pkcs11'
  return tokenMembers
    .filter((member) => (said[member] === undefined) === isToken)
    .map((member) => ({ member, reason }))
}

/** Finds what is said of a key and does not go together. @param said by the names of mayfly.toml */
export const keyFaults = (said: Said): readonly KeyFault[] => [...pkcs12Faults(said), ...pkcs11Faults(said)]
