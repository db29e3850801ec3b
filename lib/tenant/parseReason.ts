import { Refusal } from '../errors/refusal.ts'

/** No control characters, and nothing else that could forge a line of a history. */
const reasonForm = /^[^\p{C}\p{Zl}\p{Zp}]{1,200}$/u

/** Parses the reason of a change: one line of 1 to 200 characters. @throws {Refusal} `usage-wrong` */
export const parseReason = (text: string): string => {
  const reason = text.trim()
  if (reasonForm.test(reason)) return reason
  throw new Refusal(
    'usage-wrong',
    'Cannot record the change: a reason has 1 to 200 characters, none of them a control character.',
  )
}
