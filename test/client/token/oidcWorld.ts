import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { OidcSettings } from '../../../client/token/tokenSettings.ts'
import type { SignInWorld } from '../../../client/token/signInWorld.ts'
import { listen as listenInTest } from '../serve.ts'

/** What the tests need of oidc-provider, a certified implementation that others wrote. */
interface Provider {
  callback(): (request: IncomingMessage, response: ServerResponse) => void
  interactionDetails(request: IncomingMessage, response: ServerResponse): Promise<Interaction>
  interactionFinished(request: IncomingMessage, response: ServerResponse, result: unknown): Promise<void>
  readonly Grant: new (given: object) => {
    addOIDCScope(scope: string): void
    addResourceScope(api: string, scope: string): void
    save(): Promise<string>
  }
  readonly RefreshToken: { find(value: string): Promise<{ destroy(): Promise<void> } | undefined> }
  on(event: string, listener: (...told: readonly unknown[]) => void): void
}

interface Interaction {
  readonly params: Readonly<Record<string, unknown>>
}

export const api = 'urn:mayfly:contoso'
export const clientId = 'mayfly-laptop'

/** A request to the provider, and the answer it is about to get. */
export interface Crossing {
  readonly path: string
  readonly parameters: URLSearchParams
}

export interface OidcWorldOptions {
  /** Whether access tokens are for an API, which reads them. */
  readonly hasApi?: boolean
  readonly rotates?: boolean
  /** What its access tokens say besides. */
  readonly claims?: Readonly<Record<string, unknown>>
  /** Has it listen, for who opens it outside of a test, at whose end it closes else. @returns the port. */
  readonly listen?: (server: Server) => Promise<number>
  /** Answers in the place of the provider. @returns whether it did. */
  readonly between?: (crossing: Crossing, response: ServerResponse) => boolean
}

const configuration = ({ rotates = true, hasApi = true, claims = {} }: OidcWorldOptions) => ({
  clients: [
    {
      client_id: clientId,
      application_type: 'native',
      token_endpoint_auth_method: 'none',
      redirect_uris: ['http://127.0.0.1/callback'],
      grant_types: ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'],
    },
  ],
  scopes: ['openid', 'offline_access'],
  rotateRefreshToken: rotates,
  extraTokenClaims: () => claims,
  features: {
    devInteractions: { enabled: false },
    claimsParameter: { enabled: true },
    deviceFlow: { enabled: true },
    resourceIndicators: {
      enabled: hasApi,
      defaultResource: () => api,
      useGrantedResource: () => true,
      getResourceServerInfo: () => ({ scope: 'enroll', accessTokenFormat: 'jwt', audience: api }),
    },
  },
  acrValues: ['strong'],
  claims: { acr: null, auth_time: null, sub: null },
  findAccount: (_: unknown, sub: string) => ({ accountId: sub, claims: () => ({ sub }) }),
  interactions: { url: () => '/interaction' },
  cookies: { keys: ['a test'] },
  // Said, so that the provider does not print that it is not.
  ttl: Object.fromEntries(
    [
      'AccessToken',
      'AuthorizationCode',
      'DeviceCode',
      'Grant',
      'IdToken',
      'Interaction',
      'RefreshToken',
      'Session',
    ].map((name) => [name, 3600]),
  ),
})

/** Signs ada in, and lets the client have what it asks for, without a page. */
const finishInteraction = async (provider: Provider, request: IncomingMessage, response: ServerResponse) => {
  const { params } = await provider.interactionDetails(request, response)
  const grant = new provider.Grant({ accountId: 'ada', clientId: params['client_id'] })
  grant.addOIDCScope('openid offline_access')
  grant.addResourceScope(api, 'enroll')
  const login = { accountId: 'ada', acr: 'strong', remember: false }
  await provider.interactionFinished(request, response, { login, consent: { grantId: await grant.save() } })
}

const readBody = async (request: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = []
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}

/** Starts an OpenID provider in this process, at which the user ada is signed in by whoever comes. */
export const startOidcProvider = async (options: OidcWorldOptions = {}) => {
  // It comes without types.
  const name: string = 'oidc-provider'
  const { Provider: Made } = (await import(name)) as {
    Provider: new (issuer: string, options: object) => Provider
  }
  const crossings: Crossing[] = []
  const held: { provider?: Provider } = {}
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? '', 'http://127.0.0.1')
    const body = request.method === 'POST' ? await readBody(request) : ''
    // What oidc-provider takes in the place of a stream that was read.
    Object.assign(request, { body: Object.fromEntries(new URLSearchParams(body)) })
    const crossing = {
      path: url.pathname,
      parameters: body === '' ? url.searchParams : new URLSearchParams(body),
    }
    crossings.push(crossing)
    if (options.between?.(crossing, response)) return
    if (!held.provider) throw new Error('There is no provider yet.')
    if (url.pathname === '/interaction') return finishInteraction(held.provider, request, response)
    held.provider.callback()(request, response)
  }
  const server = createServer((request, response) => void answer(request, response))
  const { listen = listenInTest } = options
  const issuer = `http://127.0.0.1:${await listen(server)}`
  held.provider = new Made(issuer, configuration(options))
  const settings: OidcSettings = {
    kind: 'oidc',
    issuer,
    clientId,
    scopes: ['enroll'],
    audience: undefined,
    resource: undefined,
    redirectUri: undefined,
    allowDeviceCode: false,
    remember: false,
  }
  return { issuer, provider: held.provider, crossings, settings, server }
}

/** Where a browser came to. */
interface Visited {
  readonly url: string
  readonly page: string
}

/**
 * A browser: follows redirects with its cookies.
 * @param isEnd where it stops before it goes there.
 */
export const openTestBrowser = (isEnd: (address: string) => boolean = () => false) => {
  const jar = new Map<string, string>()
  const visit = async (address: string, form?: URLSearchParams): Promise<Visited> => {
    if (isEnd(address)) return { url: address, page: '' }
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
    const post = form ? { method: 'POST', body: form } : {}
    const response = await fetch(address, { redirect: 'manual', headers: { cookie }, ...post })
    for (const set of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(set) ?? []
      if (value === '') jar.delete(name)
      else jar.set(name, value)
    }
    const location = response.headers.get('location')
    const page = await response.text()
    return location === null ? { url: address, page } : visit(new URL(location, address).href)
  }
  return { visit }
}

/** A machine without a browser of its own, whose user does with what they are told what `act` does. */
export const signInMachine = (
  act: (text: string) => unknown,
  changes: Partial<SignInWorld> = {},
): SignInWorld & { readonly told: readonly string[]; readonly acts: Promise<unknown>[] } => {
  const told: string[] = []
  const acts: Promise<unknown>[] = []
  return {
    environment: { PATH: '' },
    platform: 'linux',
    folder: undefined,
    tell(text) {
      told.push(text)
      acts.push(Promise.resolve(act(text)))
    },
    wait: (_, signal) => (signal.aborted ? Promise.reject(signal.reason as Error) : Promise.resolve()),
    signInMilliseconds: 25_000,
    told,
    acts,
    ...changes,
  }
}

/** The URL that somebody is told. */
export const urlIn = (text: string): string => /https?:\S+/.exec(text)?.[0] ?? ''

/** The claims of a token, unverified. */
export const claimsOf = (token: string): Record<string, unknown> =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8')) as Record<string, unknown>
