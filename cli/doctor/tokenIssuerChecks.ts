import { obstaclesOf } from '../../lib/tenant/checkPossible.ts'
import type { TokenIssuer } from '../../lib/tenant/configuration.ts'
import { contextsOf, controlText } from '../../lib/tenant/proofs.ts'
import { tokenSourceOf } from '../../lib/tenant/tokenSource.ts'
import { algorithmsOf } from '../../lib/token/authenticateToken.ts'
import type { FetchJson } from '../../lib/token/fetchJson.ts'
import { keySourceOf } from '../../lib/token/keySource.ts'
import { type Check, checksOf, dependOn } from '../../client/check/check.ts'
import type { Examination, TenantExamination } from './examination.ts'
import { type Found, notChecked, problem } from '../../client/check/finding.ts'
import { keysFound } from './keysFound.ts'

/** Reads OpenID Connect Discovery 1.0 section 4.3, for a directory whose keys are found without it. */
const checkDirectory = async (issuer: TokenIssuer, fetch: FetchJson): Promise<void> => {
  if (issuer.kind !== 'entra') return
  const { issuer: expected } = tokenSourceOf(issuer)
  const document = await fetch(`${expected}/.well-known/openid-configuration`)
  if ((document as { readonly issuer?: unknown }).issuer !== expected)
    throw new Error('The discovery document names another issuer.')
}

const keysOf = (issuer: TokenIssuer, examination: Examination): Promise<readonly Found[]> =>
  keysFound(
    {
      signer: { ...keySourceOf(issuer), algorithms: algorithmsOf(issuer) },
      before: (fetch) => checkDirectory(issuer, fetch),
      remedy:
        'Nobody enrolls with its tokens once the keys that the app holds are too old. See whether the issuer is up, and whether tokenIssuers of the configuration names it as it names itself.',
    },
    examination,
  )

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
      const keys = await keysOf(issuer, examination)
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
