import { Refusal } from '../../../lib/errors/refusal.ts'
import type { askProvider, ProviderRequest } from '../../../client/token/providerFetch.ts'
import type { EntraSettings } from '../../../client/token/tokenSettings.ts'

export const directoryId = 'dddddddd-0000-4000-8000-000000000001'
export const clientId = 'cccccccc-0000-4000-8000-000000000001'
const userId = 'aaaaaaaa-0000-4000-8000-000000000001'

export const entraSettings: EntraSettings = {
  kind: 'entra',
  tenant: directoryId,
  clientId,
  scopes: ['api://mayfly/Enroll'],
  allowDeviceCode: false,
  remember: false,
}

type Answer = Awaited<ReturnType<typeof askProvider>>

/** What the stand-in was asked. */
export interface AskedOfEntra {
  readonly path: string
  readonly form: URLSearchParams
}

const unsigned = (claims: object): string =>
  ['{"alg":"none"}', JSON.stringify(claims), '']
    .map((part) => Buffer.from(part).toString('base64url'))
    .join('.')

const reply = (status: number, body: object): Answer => ({
  status,
  headers: { 'content-type': 'application/json' },
  content: Buffer.from(JSON.stringify(body)),
  tls: undefined,
})

/** Stands in for login.microsoftonline.com, as far as Microsoft's documents tell what it answers; it signs nothing. */
export const standInEntra = (issuedAtSeconds: () => number) => {
  const asked: AskedOfEntra[] = []
  const state = {
    tokens: 0,
    /** That of the ID tokens: the one of the request, as the browser brings it. */
    nonce: '',
    isDown: false,
    /** Answers of the token endpoint, before those of the stand-in. */
    errors: [] as { readonly error: string; readonly suberror?: string }[],
  }
  const base = `https://login.microsoftonline.com/${directoryId}`
  const token = () => {
    const [error] = state.errors.splice(0, 1)
    if (error) return reply(400, { error_description: 'AADSTS50000: It is so.', ...error })
    state.tokens += 1
    const iat = issuedAtSeconds()
    const common = { iss: `${base}/v2.0`, tid: directoryId, oid: userId, iat, nbf: iat, exp: iat + 3600 }
    return reply(200, {
      token_type: 'Bearer',
      scope: 'api://mayfly/Enroll',
      expires_in: 3600,
      access_token: unsigned({ ...common, aud: 'api://mayfly', jti: String(state.tokens) }),
      refresh_token: `refresh-${state.tokens}`,
      id_token: unsigned({
        ...common,
        aud: clientId,
        sub: 'ada',
        preferred_username: 'ada@contoso.example',
        nonce: state.nonce,
      }),
      client_info: Buffer.from(JSON.stringify({ uid: userId, utid: directoryId })).toString('base64url'),
    })
  }
  const answers: Readonly<Record<string, () => Answer>> = {
    '/oauth2/v2.0/devicecode': () =>
      reply(200, {
        user_code: 'ABCD1234',
        device_code: 'a-device-code',
        verification_uri: 'https://login.microsoft.com/device',
        expires_in: 900,
        interval: 0,
        message: 'Enter the code.',
      }),
    '/oauth2/v2.0/token': token,
  }
  const ask = async ({ url, body = '' }: ProviderRequest, signal: AbortSignal): Promise<Answer> => {
    signal.throwIfAborted()
    if (state.isDown) throw new Refusal('token-source-unavailable', 'Cannot reach it: ECONNREFUSED.')
    const path = url.pathname.replace(`/${directoryId}`, '')
    asked.push({ path, form: new URLSearchParams(body) })
    const answer = answers[path]
    if (!answer) throw new Error(`Nobody expected ${url.href}.`)
    return answer()
  }
  return { ask, asked, state }
}
