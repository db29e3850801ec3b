import { controlText } from '../tenant/proofs.ts'
import { allOf, anyOf } from './signals/answerOf.ts'
import type { ControlAnswer } from './decision.ts'
import type { Control, Strength } from './model/policy.ts'
import type { Answer } from './signals/signal.ts'
import type { ProvableControl, Signals } from './signals/signals.ts'

type Proofs = Signals['proofs']

const sourcesOf = (controls: readonly ProvableControl[], proofs: Proofs): readonly Answer[] =>
  controls.map((control) => proofs[control]).filter((answer) => answer !== undefined)

/** A strength is proven by its own proof, and by one of its combinations where a source tells of some. */
const strengthAnswer = ({ id, allowedCombinations }: Strength, proofs: Proofs): Answer => {
  const combinations = sourcesOf(
    allowedCombinations.map((one) => `combination ${one}` as const),
    proofs,
  )
  const own = sourcesOf([`strength ${id}`], proofs)
  const sources = combinations.length === 0 ? own : [...own, anyOf(combinations)]
  return sources.length === 0 ? 'unknown' : allOf(sources)
}

/** Tells whether a control is proven. */
export const controlAnswer = (control: Control, { proofs }: Signals): ControlAnswer => {
  switch (control.kind) {
    case 'unprovable':
      return { control: undefined, displayName: control.name, proven: 'unknown' }
    case 'strength': {
      const { id, displayName } = control.strength
      return { control: `strength ${id}`, displayName, proven: strengthAnswer(control.strength, proofs) }
    }
    case 'compliantDevice':
    case 'domainJoinedDevice':
    case 'mfa':
      return {
        control: control.kind,
        displayName: controlText(control.kind),
        proven: proofs[control.kind] ?? 'unknown',
      }
  }
}
