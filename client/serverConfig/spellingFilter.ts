/** What writes a name in the one spelling of the list of who is stopped, as oneSpelling() of lib/text does. */
export const spellingFilter = "tr A-Z a-z | sed 's/_ext_/#ext#/g'"
