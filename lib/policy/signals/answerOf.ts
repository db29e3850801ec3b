import type { Answer } from './signal.ts'

/** Answers of what is known, in three values. */
export const answerOf = (known: boolean | undefined): Answer => {
  if (known === undefined) return 'unknown'
  return known ? 'yes' : 'no'
}

/** Asks whether all of them hold: a no decides, then what is unknown. */
export const allOf = (answers: readonly Answer[]): Answer => {
  if (answers.includes('no')) return 'no'
  return answers.includes('unknown') ? 'unknown' : 'yes'
}

/** Asks whether one of them holds: a yes decides, then what is unknown. */
export const anyOf = (answers: readonly Answer[]): Answer => {
  if (answers.includes('yes')) return 'yes'
  return answers.includes('unknown') ? 'unknown' : 'no'
}
