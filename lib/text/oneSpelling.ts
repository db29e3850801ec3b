/**
 * Writes the name of a user in the one spelling that names are compared in: lower case, and `#EXT#` of a guest, which Entra writes
 * `_EXT_` where the registration of the API wants it.
 */
export const oneSpelling = (name: string): string => name.toLowerCase().replaceAll('_ext_', '#ext#')
