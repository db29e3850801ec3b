import { describe, expect, it } from 'vitest'
import { catalogue, type RefusalCode } from '../../../lib/errors/catalogue.ts'
import { Refusal, type RefusalOptions } from '../../../lib/errors/refusal.ts'
import { problem, HttpRefusal } from '../../../lib/http/problem.ts'

const invocationId = 'f9a5c1f0-0000-4000-8000-000000000001'

/** The answer as a client reads it. */
const read = async (refusal: Refusal) => {
  const { status, headers, body } = problem(refusal, invocationId)
  const response = new Response(typeof body === 'string' ? body : null, {
    status: status ?? 0,
    headers: new Headers(headers),
  })
  const document: unknown = await response.json()
  return { status: response.status, headers: response.headers, document }
}

const answerOf = (code: RefusalCode, detail = 'Cannot do it: 5 is too many.', options: RefusalOptions = {}) =>
  read(new Refusal(code, detail, options))

const isCode = (name: string): name is RefusalCode => Object.hasOwn(catalogue, name)
const codes = Object.keys(catalogue).filter(isCode)

describe('problem()', () => {
  it.each(codes)(
    'is an RFC 9457 document with the status and title of the catalogue for %s',
    async (code) => {
      const entry = catalogue[code]
      const { status, headers, document } = await answerOf(code)
      expect(status).toBe(entry.status)
      expect(headers.get('content-type')).toBe('application/problem+json')
      expect(headers.get('cache-control')).toBe('no-store')
      expect(document).toEqual({
        type: `urn:mayfly:problem:${code}`,
        title: entry.title,
        status: entry.status,
        detail: 'Cannot do it: 5 is too many.',
        instance: `urn:uuid:${invocationId}`,
      })
      const isChallenged = entry.status === 401 || code === 'token-scope-missing'
      expect(headers.has('www-authenticate')).toBe(isChallenged)
      // RFC 9110 section 11.2, RFC 6750 section 3: a scheme with at least one parameter.
      if (isChallenged) expect(headers.get('www-authenticate')).toMatch(/^(Bearer|Basic) \w+="/)
      expect(headers.has('retry-after')).toBe([429, 503].includes(entry.status))
    },
  )

  it('challenges without an error when there was no token', async () => {
    expect((await answerOf('token-missing')).headers.get('www-authenticate')).toBe(
      'Bearer realm="certificates"',
    )
  })

  it('challenges with error and description when there was one', async () => {
    expect((await answerOf('token-expired')).headers.get('www-authenticate')).toBe(
      'Bearer error="invalid_token", error_description="Cannot do it: 5 is too many."',
    )
  })

  it('tells the scope that is missing (RFC 6750 section 3.1)', async () => {
    const { headers } = await answerOf('token-scope-missing', 'It lacks x.', { scope: 'vpn.enroll' })
    expect(headers.get('www-authenticate')).toBe(
      'Bearer error="insufficient_scope", error_description="It lacks x.", scope="vpn.enroll"',
    )
  })

  it('writes no quote, backslash or letter beyond ASCII into the challenge, where RFC 6750 has none', async () => {
    const detail = 'Cannot accept the token: its claim "a\\b\r\nSet-Cookie: x\u00e4\u{1f510}" is missing.'
    const { headers, document } = await answerOf('token-claim-invalid', detail)
    expect(headers.get('www-authenticate')).toBe(
      'Bearer error="invalid_token", error_description="Cannot accept the token: its claim abSet-Cookie: x is missing."',
    )
    expect(document).toMatchObject({ detail })
  })

  it("hands out a claims challenge as Microsoft's clients read it", async () => {
    const challenge = { authorizationUri: 'https://login.example/authorize', claims: 'eyJ4IjoxfQ==' }
    const { headers } = await answerOf('claims-challenge', 'Cannot enroll: no c1.', { challenge })
    expect(headers.get('www-authenticate')).toBe(
      'Bearer realm="", authorization_uri="https://login.example/authorize", error="insufficient_claims", claims="eyJ4IjoxfQ=="',
    )
  })

  it.each([
    [['urn:strong', 'mfa'], undefined, ', acr_values="urn:strong mfa"'],
    [[], 300, ', max_age="300"'],
    [['a'], 0, ', acr_values="a", max_age="0"'],
    [['a"\r\nSet-Cookie: \u{1f510}'], undefined, ', acr_values="aSet-Cookie: "'],
  ])('asks for another sign-in (RFC 9470 section 3): %j, %s', async (acrValues, maxAgeSeconds, asked) => {
    const { headers, status } = await answerOf('sign-in-insufficient', 'x', {
      signIn: { acrValues, maxAgeSeconds },
    })
    expect(status).toBe(401)
    expect(headers.get('www-authenticate')).toBe(
      `Bearer error="insufficient_user_authentication", error_description="x"${asked}`,
    )
  })

  it('names policies that failed, what they lack, what to do, and where to read on: not without end', async () => {
    const displayName = 'Trusted "devices" </script>\r\n\u202e'
    const policies = Array.from({ length: 30 }, () => ({
      displayName,
      missing: [['compliantDevice', 'mfa']],
    }))
    const remediationLink = 'https://help.contoso.example/vpn?a=1&b="2"'
    const failed = { policies, remediation: 'Enroll the device.', remediationLink }
    const { document, headers } = await answerOf('policy-not-satisfied', 'x', { failed })
    expect(document).toMatchObject({ ...failed, policies: policies.slice(0, 20) })
    expect(headers.has('www-authenticate')).toBe(false)
    const { document: without } = await answerOf('policy-not-satisfied', 'x', {
      failed: { policies: [], remediation: 'Ask.', remediationLink: undefined },
    })
    expect(without).not.toHaveProperty('remediationLink')
  })

  it('names the settings of compliance policies that fail, or some of them, and none where none does', async () => {
    const setting = { policy: 'p', setting: 's', wanted: 'w', actual: 'a', remedy: 'r' }
    const failed = { policies: [], remediation: 'Mend it.' }
    const settings = Array.from({ length: 60 }, (_, index) => ({ ...setting, policy: `p${index}` }))
    const { document } = await answerOf('device-not-compliant', 'x', { failed: { ...failed, settings } })
    expect(document).toMatchObject({ settings: settings.slice(0, 50) })
    for (const none of [{ ...failed, settings: [] }, failed])
      expect((await answerOf('device-not-compliant', 'x', { failed: none })).document).not.toHaveProperty(
        'settings',
      )
  })

  it('tells when to try again, 5 s unless the refusal knows better', async () => {
    expect((await answerOf('tables-unavailable')).headers.get('retry-after')).toBe('5')
    expect((await answerOf('subject-busy')).headers.get('retry-after')).toBe('5')
    for (const code of ['issuer-unavailable', 'subject-busy'] as const) {
      const later = await answerOf(code, 'x', { retryAfterSeconds: 60 })
      expect(later.headers.get('retry-after')).toBe('60')
    }
  })

  it('tells the methods that a path does answer', async () => {
    const { headers } = await answerOf('method-not-allowed', 'x', { allow: ['GET', 'HEAD'] })
    expect(headers.get('allow')).toBe('GET, HEAD')
    expect((await answerOf('not-found')).headers.has('allow')).toBe(false)
  })

  it('tells what to send instead: header fields, and the media types a path offers', async () => {
    const offers = ['text/plain', 'text/html']
    const refusal = new HttpRefusal('not-acceptable', 'Cannot: x.', { headers: { vary: 'Accept' }, offers })
    const { headers, document } = await read(refusal)
    expect(headers.get('vary')).toBe('Accept')
    expect(headers.get('content-type')).toBe('application/problem+json')
    expect(document).toMatchObject({ type: 'urn:mayfly:problem:not-acceptable', offers })
    const without = await read(new HttpRefusal('media-type-unsupported', 'Cannot: x.', {}))
    expect(without.document).not.toHaveProperty('offers')
  })

  it('tells nothing of the cause', async () => {
    const { document } = await answerOf('tables-unavailable', 'x', { cause: new Error('canary') })
    expect(JSON.stringify(document)).not.toContain('canary')
  })
})
