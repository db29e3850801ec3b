/** Something said of a key that does not go with the rest. */
export interface KeyFault {
  /** The member of mayfly.toml, which is called as the option is. */
  readonly member: string
  /** Follows the member and a colon, or the option. */
  readonly reason: string
}

/** Finds what is said of a key and does not go together. @param said by the names of mayfly.toml */
export const keyFaults = (said: Readonly<Record<string, unknown>>): readonly KeyFault[] => {
  const { store = 'folder', 'key-provider': provider = 'software', 'pkcs12-password': password } = said
  const elsewhere = store === 'folder' ? provider : `the store ${String(store)}`
  if (password === undefined || elsewhere === 'software') return []
  const reason = `is for a file that holds the key, and no file can hold a key of ${String(elsewhere)}`
  return [{ member: 'pkcs12-password', reason }]
}
