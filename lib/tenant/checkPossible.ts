import { Refusal } from '../errors/refusal.ts'
import type { Configuration, TokenIssuer } from './configuration.ts'
import { evidenceObstacles } from './evidenceObstacles.ts'

type Entra = Extract<TokenIssuer, { kind: 'entra' }>
type Generic = Extract<TokenIssuer, { kind: 'generic' }>

/** Describes what no token can meet: what tells it, the member, and what is so. */
type Obstacle<Issuer> = readonly [isMet: (issuer: Issuer) => boolean, member: keyof Issuer, why: string]

/** As Entra writes ids in its tokens. */
const isId = (value: string): boolean => /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/.test(value)

/** Origins at which one can sign in, and which no v2 token names. */
const aliases = ['sts.windows.net', 'login.windows.net', 'login.microsoft.com']
const microsoft =
  /(^|\.)(microsoftonline\.(com|us)|partner\.microsoftonline\.cn|b2clogin\.com|ciamlogin\.com)$|^(sts|login)\.windows\.net$/

const hostOf = (url: string): string => new URL(url).hostname

const ofEntra: readonly Obstacle<Entra>[] = [
  [
    ({ audience }) => !isId(audience),
    'audience',
    'v2 tokens name the API by its application (client) id, a UUID in lower case, never by an api:// URI',
  ],
  [
    ({ clients }) => !clients.some(isId),
    'clients',
    'tokens name clients by their application (client) ids, UUIDs in lower case',
  ],
  [
    ({ scope }) => /^(\.|[a-z]+:\/\/|[\da-f-]{36}\/)/i.test(scope),
    'scope',
    'tokens have the short name of a permission, without the API before it, and never .default',
  ],
  [
    ({ signInOrigin }) => new URL(signInOrigin).pathname !== '/' || aliases.includes(hostOf(signInOrigin)),
    'signInOrigin',
    'v2 tokens name an origin such as https://login.microsoftonline.com, without a path',
  ],
]

const ofGeneric: readonly Obstacle<Generic>[] = [
  [
    ({ issuer }) => microsoft.test(hostOf(issuer)),
    'issuer',
    'its tokens have the typ JWT, which marks ID tokens too: use the kind entra for a directory of Microsoft Entra',
  ],
]

const metBy = <Issuer>(issuer: Issuer, obstacles: readonly Obstacle<Issuer>[]): readonly string[] =>
  obstacles.filter(([isMet]) => isMet(issuer)).map(([, member, why]) => `${String(member)}: ${why}`)

/** Lists, by member, why no token can pass the rules of an issuer; empty when one may. */
export const obstaclesOf = (issuer: TokenIssuer): readonly string[] =>
  issuer.kind === 'entra' ? metBy(issuer, ofEntra) : metBy(issuer, ofGeneric)

const refuse = (what: string, why: readonly string[]) =>
  new Refusal('configuration-invalid', `Cannot accept the configuration: ${what}. ${why.join('; ')}.`)

/**
 * Checks that tokens of each issuer can pass, and evidence count. Only what is to be applied is held to it: what is in force may
 * name such an issuer beside others, whose users go on.
 * @throws {Refusal} `configuration-invalid`
 */
export const checkPossible = (configuration: Configuration): void => {
  const ofTokens = configuration.tokenIssuers.flatMap((issuer, index) =>
    obstaclesOf(issuer).map((obstacle) => `tokenIssuers.${index}.${obstacle}`),
  )
  const ofEvidence = evidenceObstacles(configuration)
  if (ofTokens.length > 0) throw refuse('no token could pass', ofTokens)
  if (ofEvidence.length > 0) throw refuse('evidence could never count', ofEvidence)
}
