import { createHash } from 'node:crypto'
import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { describe, expect, it } from 'vitest'
import { keepSignIn } from '../../../client/token/keepSignIn.ts'
import { oidcSource } from '../../../client/token/oidcSource.ts'
import {
  api,
  claimsOf,
  type OidcWorldOptions,
  openTestBrowser,
  signInMachine,
  startOidcProvider,
  urlIn,
} from './oidcWorld.ts'

const never = new AbortController().signal
const interactive = { isInteractive: true }
const alone = { isInteractive: false }

const signIn = (text: string) => openTestBrowser().visit(urlIn(text))

/** A provider, and a source on a machine whose user does as they are told. */
const bench = async (options: OidcWorldOptions = {}, act: (text: string) => unknown = signIn) => {
  const world = await startOidcProvider(options)
  const machine = signInMachine(act)
  const keeping = keepSignIn()
  const source = oidcSource(world.settings, machine, keeping)
  const get = (wanted: Parameters<typeof source.get>[0] = interactive) => source.get(wanted, never)
  const asked = (path: string) => world.crossings.filter((one) => one.path === path)
  return { ...world, machine, keeping, source, get, asked }
}

/** The answer of the provider, brought by somebody who changes it. */
const changed = (change: (url: URL) => void) => async (text: string) => {
  const { url } = await openTestBrowser((one) => one.includes('/callback')).visit(urlIn(text))
  const answer = new URL(url)
  change(answer)
  await fetch(answer)
}

const refuseAll = (status: number, body: object) => (response: ServerResponse) => {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  return true
}

describe('oidcSource()', () => {
  it('signs somebody in with the browser, with PKCE, state and nonce, for a token of the API', async () => {
    const { get, asked, machine } = await bench()
    const token = await get()
    expect(claimsOf(token)).toMatchObject({ aud: api, sub: 'ada', scope: 'enroll' })
    const [{ parameters: sent } = { parameters: new URLSearchParams() }] = asked('/auth')
    const [{ parameters: proven } = { parameters: new URLSearchParams() }] = asked('/token')
    const verifier = proven.get('code_verifier') ?? ''
    expect(Object.fromEntries(sent)).toMatchObject({
      response_type: 'code',
      code_challenge_method: 'S256',
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      scope: 'openid enroll offline_access',
      redirect_uri: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/callback$/),
    })
    for (const name of ['state', 'nonce']) expect(sent.get(name)).toMatch(/^[\w-]{43}$/)
    const [visited] = (await Promise.all(machine.acts)) as { page: string }[]
    expect(visited?.page).toContain('You can close this window')
    expect(machine.told.join()).not.toContain(token)
  })

  it.each([true, false])('gets a fresh token each time after, where rotation is %s', async (rotates) => {
    const { get, asked, machine, keeping } = await bench({ rotates })
    const first = await get()
    const kept = [await keeping.read()]
    const tokens = [first]
    for (let times = 0; times < 2; times++) {
      tokens.push(await get(alone))
      kept.push(await keeping.read())
    }
    expect(new Set(tokens.map((one) => claimsOf(one)['jti'])).size).toBe(3)
    expect(new Set(kept).size).toBe(rotates ? 3 : 1)
    expect(asked('/auth').length).toBe(1)
    expect(machine.told.length).toBe(1)
  })

  it('says that somebody has to sign in where nobody did, and asks the provider nothing', async () => {
    const { get, crossings } = await bench()
    await expect(get(alone)).toRefuse('interaction-required', /nobody has signed in, and nobody is here/)
    expect(crossings).toEqual([])
  })

  it('gives up a refresh token that was revoked, then has somebody sign in again', async () => {
    const { get, provider, keeping, asked } = await bench()
    await get()
    await (await provider.RefreshToken.find((await keeping.read()) ?? ''))?.destroy()
    await expect(get(alone)).toRefuse('interaction-required', /the sign-in has ended/)
    expect(await keeping.read()).toBeUndefined()
    await expect(get(alone)).toRefuse('interaction-required', /nobody has signed in/)
    expect(claimsOf(await get())).toMatchObject({ sub: 'ada' })
    expect(asked('/auth').length).toBe(2)
  })

  it('keeps the refresh token while the provider is down, and tells that it passes', async () => {
    let isDown = false
    const { get, issuer } = await bench({ between: (_, response) => isDown && refuseAll(503, {})(response) })
    await get()
    isDown = true
    const down = get(alone)
    await expect(down).toRefuse('token-source-unavailable', new RegExp(`${issuer} answers with status 503`))
    isDown = false
    expect(claimsOf(await get(alone))).toMatchObject({ sub: 'ada' })
  })

  it('tells that nobody listens where the provider is', async () => {
    const { get, server } = await bench()
    server.close()
    server.closeAllConnections()
    await once(server, 'close')
    await expect(get()).toRefuse('token-source-unavailable', /ECONNREFUSED/)
  })

  it.each<[string, (url: URL) => void, RegExp]>([
    ['another iss', (url) => url.searchParams.set('iss', 'https://evil.example'), /unexpected "iss"/],
    ['no iss', (url) => url.searchParams.delete('iss'), /"iss" \(issuer\) missing/],
    [
      'an error',
      (url) => {
        url.searchParams.delete('code')
        url.searchParams.set('error', 'access_denied')
        url.searchParams.set('error_description', 'not\u0007 you')
      },
      /says access_denied \(not {2}you\)\.$/,
    ],
    [
      'a code of another sign-in',
      (url) => url.searchParams.set('code', 'canary'),
      /^(?!.*canary).*invalid_grant/,
    ],
  ])('refuses an answer with %s', async (_, change, detail) => {
    const { get } = await bench({}, changed(change))
    await expect(get()).toRefuse('token-source-failed', detail)
  })

  it('goes on waiting when an answer with another state comes, whose sender gets none', async () => {
    const answers: unknown[] = []
    const { get } = await bench({}, async (text) => {
      const forge = changed((url) => url.searchParams.set('state', 'forged'))
      answers.push(await forge(text).catch((error: unknown) => error))
      await signIn(text)
    })
    expect(claimsOf(await get())).toMatchObject({ sub: 'ada' })
    expect(answers).toEqual([expect.any(TypeError)])
  })

  it('refuses an ID token of another nonce', async () => {
    const { get } = await bench({}, (text) => signIn(text.replace(/nonce=[\w-]+/, 'nonce=other')))
    await expect(get()).toRefuse('token-source-failed', /"nonce"/)
  })

  it('refuses metadata of another issuer, and issuers that others could read or write', async () => {
    const { settings, issuer, machine } = await bench()
    const from = (other: string) =>
      oidcSource({ ...settings, issuer: other }, machine, keepSignIn()).get(interactive, never)
    await expect(from(issuer.replace('127.0.0.1', 'localhost'))).toRefuse(
      'token-source-failed',
      /does not match the expected value/,
    )
    for (const wrong of ['http://issuer.example', 'file:///etc', 'issuer', 'https://issuer.example/?x'])
      await expect(from(wrong)).toRefuse('usage-wrong', /must be an https URL/)
  })

  it('sends nobody to a page that others could read', async () => {
    const { get, machine } = await bench({
      between(crossing, response) {
        if (!crossing.path.startsWith('/.well-known')) return false
        const issuer = `http://${response.req.headers.host}`
        const endpoint = 'http://login.example/auth'
        return refuseAll(200, { issuer, authorization_endpoint: endpoint, token_endpoint: endpoint })(
          response,
        )
      },
    })
    await expect(get()).toRefuse('token-source-failed', /login\.example: it is neither https nor here/)
    expect(machine.told).toEqual([])
  })

  it('tells that a token is none that Mayfly reads, and how to name the API', async () => {
    const { settings } = await startOidcProvider({ hasApi: false })
    const source = oidcSource({ ...settings, scopes: [] }, signInMachine(signIn), keepSignIn())
    const got = source.get(interactive, never)
    await expect(got).toRefuse('token-source-failed', /it is no JWT.*--oidc-resource/)
  })

  describe('where the service asks for another sign-in', () => {
    const signInWanted = { acrValues: ['strong', 'stronger'], maxAgeSeconds: 60 }
    const claims = '{"id_token":{"acr":{"essential":true,"value":"strong"}}}'
    const challenge = { authorizationUri: '', claims: Buffer.from(claims).toString('base64') }

    it.each([
      [{ signIn: signInWanted }, { acr_values: 'strong stronger', max_age: '60' }],
      [{ challenge }, { claims }],
    ])('asks the provider for it and not for a refresh: %j', async (wanted, parameters) => {
      const { get, asked } = await bench()
      await get()
      await get({ ...interactive, ...wanted })
      expect(Object.fromEntries(asked('/auth').at(-1)?.parameters ?? [])).toMatchObject(parameters)
      expect(asked('/token').map((one) => one.parameters.get('grant_type'))).toEqual([
        'authorization_code',
        'authorization_code',
      ])
    })

    it('and nobody is here, says so, and stays signed in', async () => {
      const { get } = await bench()
      await get()
      await expect(get({ ...alone, signIn: signInWanted })).toRefuse(
        'interaction-required',
        /the service asks for another sign-in/,
      )
      expect(claimsOf(await get(alone))).toMatchObject({ sub: 'ada' })
    })

    it('refuses claims that are none', async () => {
      const { get } = await bench()
      const wrong = { authorizationUri: '', claims: 'e30x' }
      await expect(get({ ...interactive, challenge: wrong })).toRefuse('token-source-failed', /claims/)
    })
  })

  it('waits for a browser no longer than somebody has, and ends at once when it is told to', async () => {
    const { settings } = await startOidcProvider()
    const idle = oidcSource(
      settings,
      signInMachine(() => undefined, { signInMilliseconds: 50 }),
      keepSignIn(),
    )
    await expect(idle.get(interactive, never)).toRefuse('token-source-failed', /nobody signed in within/)
    const ending = new AbortController()
    const ended = oidcSource(
      settings,
      signInMachine(() => ending.abort(new Error('the end'))),
      keepSignIn(),
    )
    await expect(ended.get(interactive, ending.signal)).rejects.toThrow('the end')
  })
})
