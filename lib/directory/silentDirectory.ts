import type { Directory, DirectoryQuestion, DirectoryWord } from './directory.ts'
import { silentFacts } from '../policy/signals/factsOfDirectory.ts'

/** When asking again may help where an administrator has to mend something first. */
export const mendedSeconds = 60

/** Says that the directory says nothing, and why. */
export const silence = (
  { intune, proves }: Pick<DirectoryQuestion, 'intune' | 'proves'>,
  { why, retryAfterSeconds }: { readonly why: string; readonly retryAfterSeconds: number },
): DirectoryWord => ({
  attributes: undefined,
  proofs: Object.fromEntries(proves.map((proof) => [proof, 'unknown' as const])),
  facts: silentFacts({ intune }),
  troubles: [{ source: 'directory', code: 'directory-unavailable', why, retryAfterSeconds }],
})

/** Stands where the deployment has no directory: tenants that want one are told nothing. */
export const silentDirectory: Directory = {
  lookUp: (question) =>
    Promise.resolve(
      silence(question, {
        why: 'the directory of the tenant is not that of this service',
        retryAfterSeconds: mendedSeconds,
      }),
    ),
}
