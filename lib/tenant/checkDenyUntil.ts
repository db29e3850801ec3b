import { Refusal } from '../errors/refusal.ts'

/** Checks when a denial ends: a change that stops nobody is a mistake. @throws {Refusal} `usage-wrong` */
export const checkDenyUntil = (until: Date, now: Date): Date => {
  if (until > now) return until
  throw new Refusal(
    'usage-wrong',
    `Cannot change the deny list: --until is ${until.toISOString()}, which is past.`,
  )
}
