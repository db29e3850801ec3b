import { describe, expect, it } from 'vitest'
import { readChallenge } from '../../client/readChallenge.ts'
import { Refusal } from '../../lib/errors/refusal.ts'
import { problem } from '../../lib/http/problem.ts'

/** The challenge that the service writes for a refusal. */
const written = (refusal: Refusal): string =>
  new Headers(problem(refusal, '').headers).get('www-authenticate') ?? ''

const stepUp = 'Bearer error="insufficient_user_authentication"'

describe('readChallenge()', () => {
  it.each([
    [
      'claims-challenge',
      { challenge: { authorizationUri: 'https://login.example/a', claims: 'eyJ4IjoxfQ==' } },
    ],
    ['sign-in-insufficient', { signIn: { acrValues: ['urn:a', 'b'], maxAgeSeconds: undefined } }],
    ['sign-in-insufficient', { signIn: { acrValues: [], maxAgeSeconds: 300 } }],
    ['sign-in-insufficient', { signIn: { acrValues: ['b'], maxAgeSeconds: 0 } }],
  ] as const)('reads what problem() writes of %s: %j', (code, options) => {
    expect(readChallenge(written(new Refusal(code, 'Cannot: "x", acr_values="no".', options)))).toEqual(
      options,
    )
  })

  it.each([
    ['nothing', undefined],
    ['another scheme', 'Basic error="insufficient_claims", claims="eyJ4IjoxfQ=="'],
    ['another error', 'Bearer error="invalid_token", claims="eyJ4IjoxfQ==", max_age="5"'],
    ['no claims', 'Bearer error="insufficient_claims"'],
    ['claims that are no base64', 'Bearer error="insufficient_claims", claims="$(reboot)"'],
    ['claims without end', `Bearer error="insufficient_claims", claims="${'A'.repeat(8193)}"`],
    ['a member of another name', 'Bearer error="insufficient_claims", x_claims="eyJ4IjoxfQ=="'],
    ['no wish', stepUp],
    ['an age that is none', `${stepUp}, max_age="-1"`],
    ['acr values that a shell would run', `${stepUp}, acr_values="urn:a&calc"`],
    ['acr values that a shell would fill in', `${stepUp}, acr_values="urn:a urn:$(reboot)"`],
    ['acr values with what no environment should hold', `${stepUp}, acr_values="a\u0000b"`],
  ])('takes %s for no challenge', (_, header) => {
    expect(readChallenge(header)).toEqual({})
  })
})
