import type { TokenCase } from './tokenCase.ts'

const hour = 3_600
const expired = { code: 'token-expired' } as const
const early = { code: 'token-not-yet-valid' } as const
const tooLong = { code: 'token-lifetime-too-long' } as const
const tooOld = { code: 'token-too-old' } as const
const invalid = (claim: string) =>
  ({ code: 'token-claim-invalid', detail: new RegExp(`"${claim}" is `) }) as const

const setting = 'entra' as const

/** Values that are no NumericDate (RFC 7519 section 2) of this era. */
const noDates: readonly (readonly [name: string, value: unknown])[] = [
  ['is missing', undefined],
  ['is null', null],
  ['is true', true],
  ['is a string of digits', '1772449200'],
  ['is an ISO 8601 date', '2026-03-02T11:00:00Z'],
  ['is an array', [1_772_449_200]],
  ['is negative', -1],
  ['is 1e300', 1e300],
  ['is over 2^53', 2 ** 53 + 2],
  ['counts milliseconds', 1_772_449_200_000],
]

/** Numbers that only a text can have: JSON.stringify() writes no such thing. */
const writtenDates: readonly (readonly [name: string, text: string])[] = [
  ['is 1e999, infinity once read', '1e999'],
  ['is -1e999', '-1e999'],
  ['has four hundred digits', '9'.repeat(400)],
  ['is 9007199254740993', '9007199254740993'],
]

const rewrite = (claim: string, text: string) => (json: string) =>
  json.replace(new RegExp(`"${claim}":\\d+`), `"${claim}":${text}`)

/** Times at which a token is not good, and what is no time. */
export const times: readonly TokenCase[] = [
  { name: 'exp equal to now', claims: (now) => ({ exp: now }), ...expired },
  { name: 'exp a second ago', claims: (now) => ({ exp: now - 1 }), ...expired },
  { name: 'exp a millisecond ago', claims: (now) => ({ exp: now - 0.001 }), ...expired },
  {
    name: 'exp a second ago, within the clock tolerance of other claims',
    setting,
    claims: (now) => ({ exp: now - 1 }),
    ...expired,
  },
  { name: 'exp of Entra equal to now', setting, claims: (now) => ({ exp: now }), ...expired },
  { name: 'exp of 0', claims: { exp: 0 }, ...expired },
  { name: 'exp of minus 0', claimsText: rewrite('exp', '-0'), ...expired },
  {
    name: 'exp before iat, both ahead within the tolerance',
    claims: (now) => ({ iat: now + 50, exp: now + 10 }),
    ...invalid('exp'),
  },
  { name: 'exp equal to iat', claims: (now) => ({ iat: now + 50, exp: now + 50 }), ...invalid('exp') },
  {
    name: 'exp before nbf, both ahead within the tolerance',
    claims: (now) => ({ iat: now, nbf: now + 50, exp: now + 10 }),
    ...invalid('exp'),
  },
  { name: 'nbf a second beyond the tolerance', claims: (now) => ({ nbf: now + 61 }), ...early },
  { name: 'nbf in an hour', setting, claims: (now) => ({ nbf: now + hour }), ...early },
  { name: 'iat a second beyond the tolerance', claims: (now) => ({ iat: now + 61 }), ...early },
  {
    name: 'iat in an hour, with nbf in the past',
    setting,
    claims: (now) => ({ iat: now + hour, exp: now + 2 * hour }),
    ...early,
  },
  { name: 'iat in the year 9999', claims: { iat: 253_402_300_799, exp: 253_402_300_799 }, ...early },
  {
    name: 'a life of 28 hours and a second',
    claims: (now) => ({ iat: now, exp: now + 28 * hour + 1 }),
    ...tooLong,
  },
  {
    name: 'a life of 28 hours and a millisecond',
    claims: (now) => ({ iat: now, exp: now + 28 * hour + 0.001 }),
    ...tooLong,
  },
  {
    name: 'a life of 28 hours and a second at Entra',
    setting,
    claims: (now) => ({ iat: now, exp: now + 28 * hour + 1 }),
    ...tooLong,
  },
  { name: 'a life until the year 9999', claims: { exp: 253_402_300_799 }, ...tooLong },
  { name: 'iat a second over the oldest age', claims: (now) => ({ iat: now - 901 }), ...tooOld },
  {
    name: 'iat a second over the oldest age, with nbf now',
    setting,
    claims: (now) => ({ iat: now - 901, nbf: now }),
    ...tooOld,
  },
  { name: 'iat of 0, with an exp that is good', claims: { iat: 0 }, ...tooLong },
  ...['exp', 'iat'].flatMap((claim) =>
    noDates.map(([name, value]): TokenCase => ({
      name: `${claim} that ${name}`,
      claims: { [claim]: value },
      ...invalid(claim),
    })),
  ),
  ...noDates.slice(2, 7).map(([name, value]): TokenCase => ({
    name: `nbf that ${name}`,
    claims: { nbf: value },
    ...invalid('nbf'),
  })),
  ...['exp', 'iat', 'nbf'].flatMap((claim) =>
    writtenDates.map(([name, text]): TokenCase => ({
      name: `${claim} of Entra that ${name}`,
      setting,
      claimsText: rewrite(claim, text),
      ...invalid(claim),
    })),
  ),
]
