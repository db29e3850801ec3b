import type { ProofMapping, ProofSource } from '../tenant/proofs.ts'
import { type ClaimsSet, claimOf } from '../token/claimsSet.ts'
import { allOf, answerOf, anyOf } from './signals/answerOf.ts'
import type { Answer } from './signals/signal.ts'

const membersOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [value])

type Wanted = string | boolean | number

/** A claim, and the values one of which proves. */
interface Asked {
  readonly claim: string
  readonly wanted: readonly Wanted[]
}

const askedBy = (source: ProofSource): Asked => {
  switch (source.by) {
    case 'claim':
      return { claim: source.claim, wanted: [source.equals] }
    case 'authenticationContext':
      return { claim: 'acrs', wanted: [source.context] }
    case 'acr':
      return { claim: 'acr', wanted: source.values }
    case 'amr':
      return { claim: 'amr', wanted: source.contains }
  }
}

/** Tells whether a value can be compared with those wanted: "true" is not true, and does not say false either. */
const isComparable = (value: unknown, [wanted]: readonly Wanted[]): boolean => {
  const members = membersOf(value)
  return members.length === 0 || members.some((member) => typeof member === typeof wanted)
}

/** Tells what one source says: what is not there, or of another type, is unknown. */
export const sourceAnswer = (source: ProofSource, claims: ClaimsSet): Answer => {
  const { claim, wanted } = askedBy(source)
  const value = claimOf(claims, claim)
  if (value === undefined || !isComparable(value, wanted)) return 'unknown'
  const members = membersOf(value)
  if (source.by === 'amr') return answerOf(wanted.every((one) => members.includes(one)))
  // A list that says both true and false says no.
  const isContradicted = wanted.some((one) => typeof one === 'boolean' && members.includes(!one))
  return answerOf(wanted.some((one) => members.includes(one)) && !isContradicted)
}

/** Tells what proves a control: mappings of one control must hold together, and one source of a mapping is enough. */
export const proofAnswers = (mappings: readonly ProofMapping[], claims: ClaimsSet) => {
  const answers: { [Control in ProofMapping['control']]?: Answer } = {}
  for (const { control, anyOf: sources } of mappings) {
    const answer = anyOf(sources.map((source) => sourceAnswer(source, claims)))
    answers[control] = allOf([answers[control] ?? 'yes', answer])
  }
  return answers
}

/** Tells what is there instead of what a source wants, such as `claim "x" is a string, true wanted`. */
export const mistakenIn = (source: ProofSource, claims: ClaimsSet): string | undefined => {
  const { claim, wanted } = askedBy(source)
  const value = claimOf(claims, claim)
  if (value === undefined || isComparable(value, wanted)) return undefined
  const type = Array.isArray(value) ? 'list of others' : typeof value
  return `claim "${claim}" is ${type === 'object' ? 'an' : 'a'} ${type}, ${JSON.stringify(wanted[0])} wanted`
}
