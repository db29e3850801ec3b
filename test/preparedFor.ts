import { type Prepared, prepareRequest } from '../lib/prepared/prepared.ts'
import { encodeName } from '../lib/x509/encodeName.ts'

/** Something that may be signed with the key of this DER SubjectPublicKeyInfo, for tests of who signs and not of what. */
export const preparedFor = (spki: Uint8Array): Prepared =>
  prepareRequest({ subject: encodeName([['CN', 'a test']]), subjectPublicKeyInfo: spki, extensions: [] })
