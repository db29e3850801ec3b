import { describe, expect, it } from 'vitest'
import { entraSource } from '../../../client/token/entraSource.ts'
import { keepSignIn } from '../../../client/token/keepSignIn.ts'
import type { EntraSettings } from '../../../client/token/tokenSettings.ts'
import { entraSettings, standInEntra } from './entraWorld.ts'
import { claimsOf, signInMachine, urlIn } from './oidcWorld.ts'

const never = new AbortController().signal
const interactive = { isInteractive: true }
const alone = { isInteractive: false }
const nowSeconds = () => Math.floor(Date.now() / 1000)

/** A source, and a browser whose user Entra lets in, with an answer that a test may change. */
const bench = (changes: Partial<EntraSettings> = {}) => {
  const entra = standInEntra(nowSeconds)
  const asked: URLSearchParams[] = []
  const answer: Record<string, string> = { code: 'a-code' }
  const machine = signInMachine(async (text) => {
    const { searchParams } = new URL(urlIn(text))
    asked.push(searchParams)
    if (!searchParams.has('redirect_uri')) return
    entra.state.nonce ||= searchParams.get('nonce') ?? ''
    const back = new URL(searchParams.get('redirect_uri') ?? '')
    back.search = String(new URLSearchParams({ ...answer, state: searchParams.get('state') ?? '' }))
    await fetch(back)
  })
  const keeping = keepSignIn()
  const settings = { ...entraSettings, ...changes }
  const source = () => entraSource(settings, { world: machine, keeping, ask: entra.ask })
  const get = (wanted: Parameters<ReturnType<typeof source>['get']>[0] = interactive) =>
    source().get(wanted, never)
  return { ...entra, asked, answer, machine, keeping, get, requests: entra.asked }
}

describe('entraSource(), by MSAL against a stand-in', () => {
  it('signs somebody in by the browser with PKCE, and forces a fresh token each time after', async () => {
    const { get, asked, requests, machine } = bench()
    const tokens = [await get(), await get(alone), await get(alone)]
    expect(tokens.map((one) => claimsOf(one)['jti'])).toEqual(['1', '2', '3'])
    expect(Object.fromEntries(asked[0] ?? [])).toMatchObject({
      redirect_uri: expect.stringMatching(/^http:\/\/localhost:\d+$/),
      code_challenge_method: 'S256',
      scope: 'api://mayfly/Enroll openid profile offline_access',
      claims: expect.stringContaining('CP1'),
    })
    const forms = requests.map(({ form }) => [form.get('grant_type'), form.get('refresh_token')])
    expect(forms).toEqual([
      ['authorization_code', null],
      ['refresh_token', 'refresh-1'],
      ['refresh_token', 'refresh-2'],
    ])
    expect(machine.told.length).toBe(1)
  })

  it('keeps what a sign-in lasts by, and no access token', async () => {
    const { get, keeping } = bench()
    const token = await get()
    const kept = (await keeping.read()) ?? ''
    expect(kept).toContain('refresh-1')
    expect(kept).not.toContain(token)
  })

  it.each([
    { error: 'invalid_grant', suberror: 'bad_token' },
    { error: 'invalid_grant' },
    { error: 'interaction_required' },
  ])('says that somebody has to sign in when a refresh ends with %j', async (error) => {
    const { get, state, keeping } = bench()
    await get()
    state.errors.push(error)
    await expect(get(alone)).toRefuse('interaction-required', /the sign-in has ended, and nobody is here/)
    expect(await keeping.read()).toBeUndefined()
    await expect(get(alone)).toRefuse('interaction-required', /nobody has signed in/)
  })

  it('keeps the sign-in while Entra is down, and tells that it passes', async () => {
    const { get, state } = bench()
    await get()
    state.isDown = true
    await expect(get(alone)).toRefuse('token-source-unavailable', /ECONNREFUSED/)
    state.isDown = false
    expect(claimsOf(await get(alone))['jti']).toBe('2')
  })

  it('passes the claims of a challenge on, first without asking anybody', async () => {
    const { get, requests, asked, state } = bench()
    await get()
    const claims = { access_token: { acrs: { essential: true, value: 'c1' } } }
    const challenge = {
      authorizationUri: '',
      claims: Buffer.from(JSON.stringify(claims)).toString('base64'),
    }
    await get({ ...interactive, challenge })
    expect(JSON.parse(requests.at(-1)?.form.get('claims') ?? '')).toMatchObject(claims)
    expect(asked.length).toBe(1)
    state.errors.push({ error: 'interaction_required' })
    const seen = state.nonce
    state.nonce = ''
    await get({ ...interactive, challenge })
    expect(JSON.parse(asked[1]?.get('claims') ?? '')).toMatchObject(claims)
    expect(seen).not.toBe(state.nonce)
  })

  it('has somebody sign in anew where the service asks for a fresher sign-in', async () => {
    const { get, asked, state } = bench()
    await get()
    state.nonce = ''
    await get({ ...interactive, signIn: { acrValues: [], maxAgeSeconds: 60 } })
    expect(asked.map((one) => one.get('prompt'))).toEqual(['select_account', 'login'])
  })

  it('tells what Entra says instead of a code, and refuses an ID token of another nonce', async () => {
    const { get, answer, state } = bench()
    state.nonce = 'other'
    await expect(get()).toRefuse('token-source-failed', /nonce/)
    delete answer['code']
    Object.assign(answer, { error: 'access_denied', error_description: 'AADSTS65004: declined\u001b' })
    await expect(get()).toRefuse('token-source-failed', /access_denied: AADSTS65004: declined \.$/)
  })

  it('has a code entered elsewhere only where that is allowed, and warns of what it proves', async () => {
    const { get, requests, machine, state } = bench({ allowDeviceCode: true })
    state.errors.push({ error: 'authorization_pending' })
    expect(claimsOf(await get())['jti']).toBe('1')
    expect(machine.told.join()).toMatch(/^Warning: .*not this one.*\n.*device and enter ABCD1234$/)
    expect(requests.map(({ path }) => path)).toEqual([
      '/oauth2/v2.0/devicecode',
      '/oauth2/v2.0/token',
      '/oauth2/v2.0/token',
    ])
    expect(claimsOf(await get(alone))['jti']).toBe('2')
  })
})
