import type { KeyObject } from 'node:crypto'
import { Refusal } from '../../lib/errors/refusal.ts'
import { obstaclesOf } from '../../lib/tenant/checkPossible.ts'
import type { TokenIssuer } from '../../lib/tenant/configuration.ts'
import { contextsOf, controlText } from '../../lib/tenant/proofs.ts'
import { tokenSourceOf } from '../../lib/tenant/tokenSource.ts'
import { algorithmsOf } from '../../lib/token/authenticateToken.ts'
import { type FetchJson, fetchJson } from '../../lib/token/fetchJson.ts'
import { type FindKeys, keyFinder } from '../../lib/token/keyFinder.ts'
import { jwksUriOf } from '../../lib/token/keySets.ts'
import { keySourceOf } from '../../lib/token/keySource.ts'
import { type PublishedKey, publishedKeys } from '../../lib/token/publishedKeys.ts'
import type { TokenAlgorithm } from '../../lib/token/tokenSignature.ts'
import { type Check, checksOf, dependOn } from './check.ts'
import { clockFound } from './clockChecks.ts'
import type { Examination, TenantExamination } from './examination.ts'
import { type Found, notChecked, ok, problem } from './finding.ts'
import { fetchAsClient, probe } from './probe.ts'

const nameOf = ({ kid }: PublishedKey): string =>
  kid !== undefined && /^[\w.~+/=-]{1,64}$/.test(kid) ? kid : 'a key without a plain kid'

/** Finds a key as the service does for a token that names it; tells why it does not, otherwise. */
const judgeKey = (
  entry: PublishedKey,
  find: FindKeys,
  algorithms: readonly TokenAlgorithm[],
): KeyObject | string => {
  if (entry.kind === 'fault') return `${nameOf(entry)} ${entry.why}`
  const { kid, key } = entry
  const named = entry.algorithms.filter((algorithm) => algorithms.includes(algorithm))
  if (named.length === 0) return `${nameOf(entry)} is for none of ${algorithms.join(', ')}`
  const isFound = named.some((alg) => find({ alg, kid }).some((found) => found.equals(key)))
  return isFound ? key : `${nameOf(entry)} cannot be told from others that fit as well`
}

/** Counts the same key once where it is listed twice. */
const countDistinct = (keys: readonly KeyObject[]): number =>
  keys.filter((key, index) => keys.findIndex((other) => other.equals(key)) === index).length

/**
 * Judges the set of keys (RFC 7517) of a token issuer by what the service finds of it, for the algorithms its tokens may have.
 * @throws {Error} when the service takes the document for no set of keys.
 */
export const judgeKeys = (document: unknown, algorithms: readonly TokenAlgorithm[]): Found => {
  const published = publishedKeys(document)
  if (published.some((entry) => entry.kind === 'fault' && entry.isPrivate))
    return problem(
      'it publishes a private key: anyone can make its tokens',
      'Take the issuer out of the configuration now; have it make a new key.',
    )
  const find = keyFinder(published)
  const judged = published.map((entry) => judgeKey(entry, find, algorithms))
  const usable = countDistinct(judged.filter((one) => typeof one !== 'string'))
  const faults = judged.filter((one) => typeof one === 'string').slice(0, 3)
  const detail = [`${published.length} keys, ${usable} usable`, ...faults].join('; ')
  if (usable > 0) return ok(detail)
  return problem(
    detail,
    'No token of this issuer can be verified: have it sign with an algorithm that tokenIssuers lists, RSA keys of 2048 bits or more.',
  )
}

const loopbackHosts = ['127.0.0.1', '[::1]', 'localhost']

/** Allows plain http where the service is on this machine: it fetches it from its own alone. */
const isLocal = ({ deployment: { service } }: Examination): boolean =>
  URL.canParse(service.url) && loopbackHosts.includes(new URL(service.url).hostname)

const reason = (error: unknown): string => {
  if (error instanceof Refusal) return error.detail
  const { message, cause } = error as Error & { readonly cause?: { readonly code?: string } }
  return cause?.code === undefined ? message : `${message} (${cause.code})`
}

/** Reads OpenID Connect Discovery 1.0 section 4.3, for a directory whose keys are found without it. */
const checkDirectory = async (issuer: TokenIssuer, fetch: FetchJson): Promise<void> => {
  if (issuer.kind !== 'entra') return
  const { issuer: expected } = tokenSourceOf(issuer)
  const document = await fetch(`${expected}/.well-known/openid-configuration`)
  if ((document as { readonly issuer?: unknown }).issuer !== expected)
    throw new Error('The discovery document names another issuer.')
}

const keysFound = async (issuer: TokenIssuer, examination: Examination): Promise<readonly Found[]> => {
  const fetch = fetchJson({ allowLoopbackHttp: isLocal(examination), fetch: fetchAsClient })
  try {
    await checkDirectory(issuer, fetch)
    const jwksUri = await jwksUriOf(fetch, keySourceOf(issuer))
    const keys = judgeKeys(await fetch(jwksUri), algorithmsOf(issuer))
    const clock = clockFound(await probe(new URL(jwksUri), {}, examination.now))
    return [keys, { ...clock, id: 'clock-token-issuer' }]
  } catch (error) {
    return [
      problem(
        `its keys cannot be fetched: ${reason(error)}`,
        'Nobody enrolls with its tokens once the keys that the app holds are too old. See whether the issuer is up, and whether tokenIssuers of the configuration names it as it names itself.',
      ),
    ]
  }
}

/** Tells what `tenant apply` refuses today, and may have been applied before. */
const obstaclesFound = (issuer: TokenIssuer): readonly Found[] =>
  obstaclesOf(issuer).map((obstacle) => ({
    ...problem(
      `no token of it can pass. ${obstacle}`,
      'Correct that member of tokenIssuers, and run mayfly tenant apply. docs/entra.md says which value goes where.',
    ),
    id: 'token-issuer-configuration',
  }))

/** Tells what only Entra can: it gives the context also to users whom its policy does not cover. */
const contextsFound = (issuer: TokenIssuer): readonly Found[] =>
  contextsOf(issuer).map(({ control, context, entraPolicy }) => ({
    ...notChecked(
      `that the context ${context} proves ${controlText(control)} rests on the Entra policy "${entraPolicy}", which cannot be read from here`,
      `In the Entra admin center, Conditional Access: that policy is On (not Report-only), targets the authentication context ${context}, includes All users, excludes nobody who may have a certificate, and grants access with what the context is to prove (a compliant device: "Require device to be marked as compliant"). az rest --url https://graph.microsoft.com/v1.0/identity/conditionalAccess/policies shows it.`,
    ),
    id: 'token-issuer-context',
  }))

const issuersFound = async ({ revision, examination }: TenantExamination): Promise<readonly Found[]> => {
  const { configuration } = await dependOn('tenant-configuration', revision)
  const found = await Promise.all(
    configuration.tokenIssuers.map(async (issuer) => {
      const keys = await keysFound(issuer, examination)
      const subject = tokenSourceOf(issuer).issuer
      return [...obstaclesFound(issuer), ...keys, ...contextsFound(issuer)].map((one) => ({
        ...one,
        subject,
      }))
    }),
  )
  return found.flat()
}

/** Checks whether the issuers of a tenant's tokens publish keys that tokens can be verified with. */
export const tokenIssuerChecks = (tenant: TenantExamination): readonly Check[] =>
  checksOf(tenant, { 'token-issuer-keys': issuersFound })
