import { Refusal } from '../../lib/errors/refusal.ts'
import type { TokenIssuer } from '../../lib/tenant/configuration.ts'
import { obstaclesOf } from '../../lib/tenant/checkPossible.ts'
import { tokenSourceOf } from '../../lib/tenant/tokenSource.ts'
import { algorithmsOf } from '../../lib/token/authenticateToken.ts'
import { fetchJson } from '../../lib/token/fetchJson.ts'
import { jwksUriOf } from '../../lib/token/keySets.ts'
import { type Check, resting } from './check.ts'
import { clockFound } from './checkClocks.ts'
import type { Examination } from './examination.ts'
import { fetchAsClient } from './fetchAsClient.ts'
import type { Found } from './finding.ts'
import { probe } from './probe.ts'
import type { TenantExamination } from './tenantExamination.ts'
import { describeKeys, judgeKeys } from './judgeKeys.ts'

const id = 'token-issuer-keys'

const loopbackHosts = ['127.0.0.1', '[::1]', 'localhost']

/** The service fetches plain http from its own machine alone, and where that is this one. */
const isLocal = ({ deployment: { service } }: Examination): boolean =>
  URL.canParse(service.url) && loopbackHosts.includes(new URL(service.url).hostname)

const reason = (error: unknown): string => {
  if (error instanceof Refusal) return error.detail
  const { message, cause } = error as Error & { readonly cause?: { readonly code?: string } }
  return cause?.code === undefined ? message : `${message} (${cause.code})`
}

/** OpenID Connect Discovery 1.0 section 4.3, for a directory whose keys are found without it. */
const checkDirectory = async (
  issuer: TokenIssuer,
  fetch: (url: string) => Promise<unknown>,
): Promise<void> => {
  if (issuer.kind !== 'entra') return
  const { issuer: expected } = tokenSourceOf(issuer)
  const document = (await fetch(`${expected}/.well-known/openid-configuration`)) as {
    readonly issuer?: unknown
  }
  if (document.issuer !== expected) throw new Error('The discovery document names another issuer.')
}

const keysFound = async (issuer: TokenIssuer, examination: Examination): Promise<readonly Found[]> => {
  const { issuer: subject } = tokenSourceOf(issuer)
  const fetch = fetchJson({ allowLoopbackHttp: isLocal(examination), fetch: fetchAsClient })
  try {
    await checkDirectory(issuer, fetch)
    const jwksUri = await jwksUriOf(fetch, issuer)
    const keys = judgeKeys(await fetch(jwksUri), algorithmsOf(issuer))
    const clock = clockFound(
      'clock-token-issuer',
      subject,
      await probe(new URL(jwksUri), {}, examination.now),
    )
    return [describeKeys(subject, keys), clock]
  } catch (error) {
    const detail = `its keys cannot be fetched: ${reason(error)}`
    const remedy =
      'Nobody enrolls with its tokens once the keys that the app holds are too old. See whether the issuer is up, and whether tokenIssuers of the configuration names it as it names itself.'
    return [{ id, subject, status: 'problem', detail, remedy }]
  }
}

/** What `tenant apply` refuses today may have been applied before. */
const obstaclesFound = (issuer: TokenIssuer): readonly Found[] =>
  obstaclesOf(issuer).map((obstacle) => ({
    id: 'token-issuer-configuration',
    subject: tokenSourceOf(issuer).issuer,
    status: 'problem',
    detail: `no token of it can pass. ${obstacle}`,
    remedy:
      'Correct that member of tokenIssuers, and run mayfly tenant apply. docs/entra.md says which value goes where.',
  }))

/** Entra gives the context also to users whom its policy does not cover: only Entra can tell. */
const contextsOf = (issuer: TokenIssuer): readonly Found[] =>
  issuer.complianceProofs.flatMap((proof) =>
    proof.kind === 'claim'
      ? []
      : [
          {
            id: 'token-issuer-context',
            subject: tokenSourceOf(issuer).issuer,
            status: 'not checked',
            detail: `that the context ${proof.context} proves a compliant device rests on the Entra policy "${proof.entraPolicy}", which cannot be read from here`,
            remedy: `In the Entra admin center, Conditional Access: that policy is On (not Report-only), targets the authentication context ${proof.context}, includes All users, excludes nobody who may have a certificate, and grants access with "Require device to be marked as compliant". az rest --url https://graph.microsoft.com/v1.0/identity/conditionalAccess/policies shows it.`,
          } as const,
        ],
  )

/** Whether the issuers of a tenant's tokens publish keys that tokens can be verified with. */
export const checkTokenIssuers = ({ id: tenant, revision, examination }: TenantExamination): Check => ({
  id,
  tenant,
  async run() {
    const { configuration } = await resting('tenant-configuration', revision)
    const found = await Promise.all(
      configuration.tokenIssuers.map(async (issuer) => [
        ...obstaclesFound(issuer),
        ...(await keysFound(issuer, examination)),
        ...contextsOf(issuer),
      ]),
    )
    return found.flat()
  },
})
