import type { RefusalCode } from '../../../lib/errors/catalogue.ts'
import { confused, makeTokenKey, type TokenChanges, unsigned } from '../../tokens.ts'
import { enrollment, type Marks } from './canaryRequests.ts'
import type { OtherTenant } from './canaryWorld.ts'
import { type CanaryCase, inSeconds, one, withClaims, withHeader } from './oneRequest.ts'

/** One request to the directory of Entra's. */
const entra = (
  code: RefusalCode,
  name: string,
  claims: (marks: Marks) => Readonly<Record<string, unknown>>,
): CanaryCase => ({
  name: `${code}: ${name}`,
  async play({ marks, world, send }) {
    await send(code, await enrollment(marks, world.directory, { token: { claims: claims(marks) } }))
  },
})

/** One request with a key that nobody published, to a tenant whose issuer was not asked for keys a moment ago: that would be 503. */
const unpublished = (
  name: string,
  tenant: OtherTenant,
  change: (marks: Marks) => TokenChanges | Promise<TokenChanges>,
): CanaryCase => ({
  name: `token-key-unknown: ${name}`,
  async play({ marks, world, send }) {
    const token = await change(marks)
    await send('token-key-unknown', await enrollment(marks, world.issuers[tenant], { tenant, token }))
  },
})

/** Tokens that are refused. */
export const tokenCases: readonly CanaryCase[] = [
  one('token-missing', 'another scheme', (marks) => ({ scheme: marks.text('scheme') })),
  one('token-missing', 'Basic', (marks) => ({
    headers: { authorization: `Basic ${Buffer.from(`user:${marks.text('password')}`).toString('base64')}` },
  })),
  one('authorization-ambiguous', 'two tokens', (marks) => ({
    tokenText: (token) => `${token}, Bearer ${marks.text('second')}`,
  })),
  one('token-too-large', 'a long text', (marks) => ({ tokenText: () => marks.text('token').repeat(700) })),
  one('token-malformed', 'no token', (marks) => ({ tokenText: () => marks.text('token') })),
  one('token-malformed', 'five parts', (marks) => ({
    tokenText: (token) => `${token}.${marks.text('part')}.${marks.text('part')}`,
  })),
  one('token-malformed', 'a Claims Set that is not JSON', (marks) => ({
    token: { payload: `{"${marks.text('member')}": ` },
  })),
  one('token-malformed', 'a Claims Set with a member twice', (marks) => ({
    token: { payload: `{"${marks.text('member')}": 1, "${marks.text('member')}": 2}` },
  })),
  one(
    'token-issuer-unknown',
    'iss',
    withClaims((marks) => ({ iss: `https://${marks.text('iss')}.example` })),
  ),
  one('token-malformed', 'alg none, without a signature', () => ({ tokenText: unsigned })),
  one('token-algorithm-refused', 'a MAC with the public key', (_, { world }) => ({
    tokenText: (token) => confused(token, world.issuer.key),
  })),
  unpublished('kid', 'unborn', (marks) => ({ header: { kid: marks.text('kid') } })),
  unpublished('a key of its own', 'slow', async (marks) => ({
    key: await makeTokenKey('ES256', marks.text('kid')),
  })),
  one('token-signature-invalid', 'other octets', () => ({
    tokenText: (token) => `${token.slice(0, -40)}${'A'.repeat(40)}`,
  })),
  one(
    'token-malformed',
    'a critical header member',
    withHeader((marks) => {
      const name = marks.text('critical')
      return { crit: [name], [name]: marks.text('critical value') }
    }),
  ),
  one(
    'token-type-refused',
    'typ',
    withHeader((marks) => ({ typ: marks.text('typ') })),
  ),
  one(
    'token-audience-wrong',
    'aud',
    withClaims((marks) => ({ aud: [marks.text('aud')] })),
  ),
  one(
    'token-tenant-mismatch',
    'the tenant claim',
    withClaims((marks) => ({ org: marks.text('org') })),
  ),
  one(
    'token-client-refused',
    'the client',
    withClaims((marks) => ({ client_id: marks.text('client') })),
  ),
  one(
    'token-claim-invalid',
    'a jti that is no text',
    withClaims((marks) => ({ jti: [marks.text('jti')] })),
  ),
  one(
    'token-claim-invalid',
    'an exp that is no number',
    withClaims((marks) => ({ exp: marks.text('exp') })),
  ),
  one(
    'token-expired',
    'exp',
    withClaims(() => ({ iat: inSeconds(-600), exp: inSeconds(-5) })),
  ),
  one(
    'token-not-yet-valid',
    'nbf',
    withClaims(() => ({ nbf: inSeconds(500) })),
  ),
  one(
    'token-too-old',
    'iat',
    withClaims(() => ({ iat: inSeconds(-2_000) })),
  ),
  one(
    'token-lifetime-too-long',
    'exp',
    withClaims(() => ({ exp: inSeconds(200_000) })),
  ),
  one(
    'key-binding-mismatch',
    'cnf',
    withClaims((marks) => ({ cnf: { jkt: marks.text('jkt').padEnd(43, 'A') } })),
  ),
  one(
    'token-keys-unavailable',
    'an issuer that does not answer',
    withClaims(() => ({ iss: 'http://127.0.0.1:9/dead' })),
  ),
  {
    name: 'token-version-refused: a v1 token',
    async play({ marks, world, send }) {
      const [directoryId = ''] = /[\da-f-]{36}/.exec(world.directory.url) ?? []
      const claims = { iss: `https://sts.windows.net/${directoryId}/`, aud: `api://${marks.text('aud')}` }
      const request = await enrollment(marks, world.directory, { token: { claims } })
      await send('token-version-refused', request)
    },
  },
  entra('token-scope-missing', 'scp', (marks) => ({ scp: marks.text('scp') })),
  entra('token-type-refused', 'ver', (marks) => ({ ver: marks.text('ver') })),
  entra('claims-challenge', 'acrs', (marks) => ({ acrs: [marks.text('acrs')] })),
]
