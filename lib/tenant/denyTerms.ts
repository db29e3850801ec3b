import { Refusal } from '../errors/refusal.ts'

const refuse = (why: string) => new Refusal('usage-wrong', `Cannot change the deny list: ${why}.`)

/** No control characters, and nothing else that could forge a line of a list. */
const reasonForm = /^[^\p{C}\p{Zl}\p{Zp}]{1,200}$/u

/** Parses the reason of a change: one line of 1 to 200 characters. @throws {Refusal} `usage-wrong` */
export const parseDenyReason = (text: string): string => {
  const reason = text.trim()
  if (reasonForm.test(reason)) return reason
  throw refuse('a reason has 1 to 200 characters, none of them a control character')
}

/** Checks when a denial ends: a change that stops nobody is a mistake. @throws {Refusal} `usage-wrong` */
export const checkDenyUntil = (until: Date, now: Date): Date => {
  if (until > now) return until
  throw refuse(`--until is ${until.toISOString()}, which is past`)
}
