import { allOf } from './signals/answerOf.ts'
import type { DirectoryAnswer } from './signals/deviceEvidence.ts'
import { deviceProofs, type Signals } from './signals/signals.ts'

/** Holds what the token proves to what the directory says. */
export const agreedProofs = (
  token: Signals['proofs'],
  directory: DirectoryAnswer | undefined,
): Signals['proofs'] => {
  if (!directory) return token
  const answers = deviceProofs.flatMap((proof) => {
    const said = directory.proofs[proof]
    return said === undefined ? [] : [[proof, allOf([token[proof] ?? 'yes', said])] as const]
  })
  return { ...token, ...Object.fromEntries(answers) }
}
