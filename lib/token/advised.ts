import type { RefusalCode } from '../errors/catalogue.ts'
import { Refusal } from '../errors/refusal.ts'
import type { TokenIssuer } from '../tenant/configuration.ts'
import { tokenSourceOf } from '../tenant/tokenSource.ts'
import { type ClaimsSet, onlyAudience } from './claimsSet.ts'

/** A token that was refused, and whom its tenant trusts. */
interface Refused {
  readonly code: RefusalCode
  readonly detail: string
  readonly claims: ClaimsSet
  readonly issuers: readonly TokenIssuer[]
}

/** A frequent mistake, how it is recognised, and advice that never holds a part of the token. */
interface Mistake {
  readonly codes: readonly RefusalCode[]
  readonly tells: (refused: Refused) => boolean
  readonly advice: string
}

const uuid = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')
/** Folds spellings of a name that mean the same to people. */
const spelling = (text: string): string =>
  text
    .toLowerCase()
    .replace(/^api:\/\//, '')
    .replace(/\/$/, '')
const hasEntra = ({ issuers }: Refused): boolean => issuers.some(({ kind }) => kind === 'entra')
const issuerLike =
  (form: RegExp) =>
  ({ claims }: Refused): boolean =>
    form.test(textOf(claims['iss']))

/** Entra issues a token for one of these where the client names no API of its own. */
const resources: Readonly<Record<string, readonly string[]>> = {
  'Microsoft Graph': ['00000003-0000-0000-c000-000000000000', 'https://graph.microsoft.com'],
  'Azure AD Graph': ['00000002-0000-0000-c000-000000000000', 'https://graph.windows.net'],
  'Azure Resource Manager': [
    '797f4846-ba00-4fd7-ba43-dac1f8f63013',
    'https://management.azure.com',
    'https://management.core.windows.net',
  ],
  'Azure Key Vault': ['cfa8b339-82a2-471a-a3c9-0fc0be7a4093', 'https://vault.azure.net'],
  'Azure Storage': ['e406a681-f3d4-42a8-90b6-c2b029497af1', 'https://storage.azure.com'],
}

/** Clients of Microsoft that people try an API with. */
const tools: Readonly<Record<string, string>> = {
  'the Azure CLI': '04b07795-8ddb-461a-bbee-02f9e1bf7b46',
  'Azure PowerShell': '1950a258-227b-4e31-a9cf-717495945fc2',
  'Graph Explorer': 'de8bc8b5-d9f9-48b1-a8ad-b748da725064',
}

const ofResource = ([name, audiences]: readonly [string, readonly string[]]): Mistake => ({
  codes: [
    'token-issuer-unknown',
    'token-version-refused',
    'token-key-unknown',
    'token-signature-invalid',
    'token-audience-wrong',
  ],
  tells: ({ claims }) => audiences.includes(textOf(onlyAudience(claims)).replace(/\/$/, '')),
  advice: `It is a token for ${name}: ask for one for the API of this service, with its scope.`,
})

const ofTool = ([name, client]: readonly [string, string]): Mistake => ({
  codes: ['token-client-refused'],
  tells: ({ claims }) => claims['azp'] === client,
  advice: `It was got with ${name}: use the client of the VPN, or list this one among clients.`,
})

/** An ID token is for its client (OpenID Connect Core section 2), and may say when and how the user signed in there. */
const isIdToken = ({ claims, issuers }: Refused): boolean =>
  claims['scp'] === undefined &&
  (['nonce', 'at_hash', 'c_hash'].some((name) => claims[name] !== undefined) ||
    issuers.some(({ clients }) => clients.includes(textOf(onlyAudience(claims)))))

const isAppOnly = ({ claims }: Refused): boolean =>
  claims['idtyp'] === 'app' || (claims['scp'] === undefined && claims['roles'] !== undefined)

const v1Host = /^https:\/\/sts\.(windows\.net|chinacloudapi\.cn)\//
const v2Host = /^https:\/\/login\.(microsoftonline\.(com|us)|partner\.microsoftonline\.cn)\//

/** The first that tells is the one that is named. */
const mistakes: readonly Mistake[] = [
  ...Object.entries(resources).map(ofResource),
  ...Object.entries(tools).map(ofTool),
  {
    codes: ['token-issuer-unknown'],
    tells: issuerLike(/\/9188040d-6c67-4c5b-b112-36a304b66dad\//),
    advice: 'It is of a personal Microsoft account: sign in with an account of the directory.',
  },
  {
    codes: ['token-issuer-unknown'],
    tells: issuerLike(/^https:\/\/[^/.]+\.(b2clogin|ciamlogin)\.com\//),
    advice: 'It is of Azure AD B2C or an external tenant, not of the directory that the tenant trusts.',
  },
  {
    codes: ['token-issuer-unknown'],
    tells: issuerLike(v1Host),
    advice: 'It is a v1 token of another Entra directory: sign in at the own one, not at "common".',
  },
  {
    codes: ['token-issuer-unknown'],
    tells: issuerLike(v2Host),
    advice:
      'It is of an Entra directory that the tenant does not name: sign in at the own one, not at "common" or "organizations".',
  },
  {
    codes: ['token-issuer-unknown'],
    tells: ({ claims, issuers }) =>
      issuers.some((issuer) => spelling(tokenSourceOf(issuer).issuer) === spelling(textOf(claims['iss']))),
    advice: 'It differs from a configured one by a slash or its case alone: an issuer is compared exactly.',
  },
  {
    codes: ['token-audience-wrong', 'token-type-refused'],
    tells: isAppOnly,
    advice: 'It is an app-only token (client credentials): a user has to sign in.',
  },
  {
    codes: ['token-audience-wrong', 'token-type-refused'],
    tells: isIdToken,
    advice: 'It is an ID token: send the access token.',
  },
  {
    codes: ['token-audience-wrong'],
    tells: ({ claims, issuers }) =>
      issuers.some(({ audience }) => spelling(audience) === spelling(textOf(onlyAudience(claims)))),
    advice:
      'It differs from the configured one by api://, a slash or its case alone: an audience is compared exactly.',
  },
  {
    codes: ['token-audience-wrong'],
    tells: ({ claims, issuers }) =>
      uuid.test(textOf(onlyAudience(claims))) &&
      issuers.some(({ kind, audience }) => kind === 'entra' && !uuid.test(audience)),
    advice:
      'The configured audience is none that v2 tokens of Entra have: set it to the application (client) id of the API.',
  },
  {
    codes: ['token-claim-invalid'],
    tells: (refused) => hasEntra(refused) && refused.detail.includes('"upn" is missing'),
    advice:
      "Add the optional claim upn for access tokens in the API's app registration (Token configuration), then get a fresh token.",
  },
  {
    codes: ['token-claim-invalid'],
    tells: (refused) => !hasEntra(refused) && refused.detail.endsWith('is missing.'),
    advice:
      'Have the issuer write it, or name the claim that it writes instead in the configuration (claims, clientClaim).',
  },
]

/**
 * Adds to the refusal of a token what mistake is behind it, where that is a frequent one. Code and status stay.
 * @param error whatever was thrown; what is no refusal stays as it is.
 */
export const advised = (error: unknown, token: Pick<Refused, 'claims' | 'issuers'>): unknown => {
  if (!(error instanceof Refusal)) return error
  const { code, detail, options } = error
  const mistake = mistakes.find(
    ({ codes, tells }) => codes.includes(code) && tells({ code, detail, ...token }),
  )
  return mistake ? new Refusal(code, `${detail} ${mistake.advice}`, options) : error
}
