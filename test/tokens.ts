import { createHmac, randomUUID } from 'node:crypto'
import { CompactSign, type CryptoKey, exportJWK, exportSPKI, generateKeyPair, type JWK } from 'jose'
import type { FetchJson } from '../lib/token/fetchJson.ts'

/** A key pair that signs tokens. */
export interface TokenKey {
  readonly alg: string
  readonly kid: string
  readonly privateKey: CryptoKey
  readonly publicKey: CryptoKey
  /** The public key as a key set publishes it. */
  readonly jwk: JWK
}

/** Makes a key pair for a JWS algorithm. */
export const makeTokenKey = async (alg: string, kid = `${alg}-${randomUUID()}`): Promise<TokenKey> => {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true })
  return { alg, kid, privateKey, publicKey, jwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' } }
}

/** What a test changes of a good token; a member that is undefined is left out of it. */
export interface TokenChanges {
  readonly header?: Readonly<Record<string, unknown>>
  readonly claims?: Readonly<Record<string, unknown>>
  /** Signs instead of the issuer's own key. */
  readonly key?: TokenKey
  /** The octets of the payload, instead of the claims as JSON. */
  readonly payload?: string
}

/** An issuer of compliance tokens that lives in the test. */
export interface TestIssuer {
  /** `iss`. */
  readonly url: string
  readonly audience: string
  readonly key: TokenKey
  /** The keys that its key set shows: a test may add and remove some. */
  readonly published: JWK[]
  /** What it serves, by URL. */
  documents(): Readonly<Record<string, unknown>>
  /** Issues a token that is good unless a test changes it; each has its own token id. */
  token(changes?: TokenChanges): Promise<string>
}

const base64url = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')

/** The names in `crit`, which jose must be told to understand before it signs. */
const critical = ({ crit }: Readonly<Record<string, unknown>>) => ({
  crit: Object.fromEntries(Array.isArray(crit) ? crit.map((name) => [String(name), true]) : []),
})

/** Signs octets with a key, whatever the header says. */
export const signCompact = (
  payload: string,
  header: Readonly<Record<string, unknown>>,
  key: TokenKey,
): Promise<string> =>
  new CompactSign(Buffer.from(payload))
    .setProtectedHeader({ alg: key.alg, ...header })
    .sign(key.privateKey, critical(header))

/** A token that nobody signed: `alg` none, RFC 7518 section 3.6. */
export const unsigned = (token: string): string => {
  const [, payload = ''] = token.split('.')
  return `${base64url({ alg: 'none', typ: 'at+jwt' })}.${payload}.`
}

/** The token signed by HMAC with the issuer's public key as the secret: the classic confusion of algorithms. */
export const confused = async (token: string, { publicKey, kid }: TokenKey): Promise<string> => {
  const [, payload = ''] = token.split('.')
  const input = `${base64url({ alg: 'HS256', typ: 'at+jwt', kid })}.${payload}`
  const secret = await exportSPKI(publicKey)
  return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`
}

const seconds = (date: Date) => Math.floor(date.getTime() / 1000)

interface IssuerTraits {
  readonly url: string
  readonly audience: string
  readonly key: TokenKey
  readonly typ: string
  readonly claims: () => Readonly<Record<string, unknown>>
  readonly documents: (jwks: unknown) => Readonly<Record<string, unknown>>
}

const issuerOf = ({ url, audience, key, typ, claims, documents }: IssuerTraits): TestIssuer => {
  const published = [key.jwk]
  return {
    url,
    audience,
    key,
    published,
    documents: () => documents({ keys: published }),
    token(changes = {}) {
      const { payload = JSON.stringify({ ...claims(), ...changes.claims }) } = changes
      const signer = changes.key ?? key
      return signCompact(payload, { typ, kid: signer.kid, ...changes.header }, signer)
    },
  }
}

/** What a test issuer is made of. */
export interface TestIssuerOptions {
  readonly now: () => Date
  readonly audience?: string
  readonly key?: TokenKey
}

/** The user of every token unless a test says otherwise. */
export const testUser = {
  upn: 'Alice@Contoso.example',
  deviceId: '0b5f7c86-9e5e-4c44-8a3f-3d2b9b0c7f11',
  sid: 'S-1-5-21-1111111111-2222222222-3333333333-1104',
} as const

/** An issuer of RFC 9068 access tokens, found by OpenID Connect discovery. */
export const genericTestIssuer = async (
  url: string,
  { now, audience = 'api://mayfly', key }: TestIssuerOptions,
): Promise<TestIssuer> =>
  issuerOf({
    url,
    audience,
    key: key ?? (await makeTokenKey('ES256')),
    typ: 'at+jwt',
    claims: () => ({
      iss: url,
      aud: audience,
      sub: 'alice',
      jti: randomUUID(),
      client_id: 'vpn-client',
      iat: seconds(now()),
      exp: seconds(now()) + 3600,
      upn: testUser.upn,
      onprem_sid: testUser.sid,
      device_id: testUser.deviceId,
      device_compliant: true,
    }),
    documents: (jwks) => ({
      [`${url}/.well-known/openid-configuration`]: { issuer: url, jwks_uri: `${url}/keys` },
      [`${url}/keys`]: jwks,
    }),
  })

/** The client application, and the scope, of Entra's tokens in tests. */
export const entraClient = {
  azp: '7b1d4f5e-2c1b-4a3e-9f60-5a7f8f0d1c22',
  scp: 'Certificates.Enroll',
} as const

const signInOrigin = 'https://login.microsoftonline.com'

/** A Microsoft Entra directory that issues delegated v2.0 access tokens. */
export const entraTestIssuer = async (
  directoryId: string,
  { now, audience = '5a0c7a5e-9a4d-4d0e-8a55-1f6f0f0e2d33', key }: TestIssuerOptions,
): Promise<TestIssuer> => {
  const url = `${signInOrigin}/${directoryId}/v2.0`
  return issuerOf({
    url,
    audience,
    key: key ?? (await makeTokenKey('RS256')),
    typ: 'JWT',
    claims: () => ({
      iss: url,
      aud: audience,
      ver: '2.0',
      tid: directoryId,
      oid: 'd9b2f6c0-1f43-4f5a-9c80-6d1f5b1a2e44',
      sub: 'pairwise-subject',
      uti: randomUUID(),
      ...entraClient,
      iat: seconds(now()) - 300,
      nbf: seconds(now()) - 300,
      exp: seconds(now()) + 3600,
      upn: testUser.upn,
      acrs: ['c1'],
      xms_cc: ['cp1'],
    }),
    documents: (jwks) => ({ [`${signInOrigin}/${directoryId}/discovery/v2.0/keys`]: jwks }),
  })
}

/** The world beyond Mayfly as tests see it: what issuers serve, and what was fetched of it. */
export interface TestNetwork {
  readonly fetchJson: FetchJson
  /** Every URL that was fetched, in order. */
  readonly fetched: string[]
  /** Documents that are served instead of, or beside, those of the issuers. */
  readonly overrides: Map<string, unknown>
  /** While true, every fetch fails. */
  isDown: boolean
}

/** Serves the documents of test issuers, without a network. */
export const testNetwork = (issuers: readonly Pick<TestIssuer, 'documents'>[]): TestNetwork => {
  const network: TestNetwork = {
    fetched: [],
    overrides: new Map(),
    isDown: false,
    async fetchJson(url) {
      network.fetched.push(url)
      await Promise.resolve()
      if (network.isDown) throw new Error('The network is down.')
      if (network.overrides.has(url)) return network.overrides.get(url)
      const document = issuers.map((issuer) => issuer.documents()[url]).find((found) => found !== undefined)
      if (document === undefined) throw new Error('The answer has status 404.')
      return structuredClone(document)
    },
  }
  return network
}
