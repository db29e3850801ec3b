/** What the name of a profile may be on Windows. */
export const windowsNameWords = '255 characters, none of them | < > ? * \\ / :, and no dot at its beginning'

/** Tells whether the phonebook of Windows takes a name: RasValidateEntryName() takes no other. */
export const isWindowsName = (name: string): boolean =>
  /^[^\p{C}.|<>?*\\/:][^\p{C}|<>?*\\/:]{0,254}$/u.test(name)
