import { Refusal } from '../../lib/errors/refusal.ts'
import type { Configuration } from '../../lib/tenant/configuration.ts'
import { tokenSourceOf } from '../../lib/tenant/tokenSource.ts'
import { type Check, resting } from './check.ts'
import type { Examination } from './examination.ts'
import type { Found } from './finding.ts'
import { graphOrigins } from './graphReader.ts'
import { type EntraIssuer, judgeRegistration } from './judgeRegistration.ts'
import type { TenantExamination } from './tenantExamination.ts'

const id = 'entra-registration'
const page = 'docs/entra.md has it step by step.'

const pathOf = ({ audience }: EntraIssuer): string =>
  `applications(appId='${encodeURIComponent(audience)}')?$select=api,optionalClaims`

const unread = (subject: string, issuer: EntraIssuer, why: string): Found => ({
  id,
  subject,
  status: 'not checked',
  detail: `the app registration ${issuer.audience} cannot be read from here: ${why}`,
  remedy: `Look at it in the Entra admin center: ${page}`,
})

const judged = (registration: unknown, issuer: EntraIssuer, configuration: Configuration): Found => {
  const about = { id, subject: tokenSourceOf(issuer).issuer } as const
  const { faults, unauthorized } = judgeRegistration(registration, issuer, configuration)
  if (faults.length > 0)
    return {
      ...about,
      status: 'problem',
      detail: faults.join('; '),
      remedy: `Change the registration: ${page}`,
    }
  const found = 'v2 tokens, with the scope and the claims that the configuration needs'
  if (unauthorized.length === 0) return { ...about, status: 'ok', detail: found }
  const detail = `${found}; users are asked for consent by ${unauthorized.slice(0, 3).join(', ')}`
  return { ...about, status: 'warning', detail, remedy: `Authorize these clients there beforehand: ${page}` }
}

const checkOne = async (
  issuer: EntraIssuer,
  configuration: Configuration,
  { readGraph }: Examination,
): Promise<Found> => {
  const { issuer: subject } = tokenSourceOf(issuer)
  const origin = graphOrigins[issuer.signInOrigin]
  if (!readGraph) return unread(subject, issuer, 'this deployment is not in Azure')
  if (origin === undefined) return unread(subject, issuer, `no Graph is known for ${issuer.signInOrigin}`)
  try {
    const { status, body } = await readGraph(origin, pathOf(issuer))
    if (status === 200) return judged(body, issuer, configuration)
    const why = status === 404 ? 'it is not in the directory that is signed in to' : `Graph answers ${status}`
    return unread(subject, issuer, why)
  } catch (error) {
    return unread(subject, issuer, error instanceof Refusal ? error.detail : 'Graph does not answer')
  }
}

/** Whether the app registrations behind the audiences of a tenant make tokens that it takes. */
export const checkRegistrations = ({ id: tenant, revision, examination }: TenantExamination): Check => ({
  id,
  tenant,
  async run() {
    const { configuration } = await resting('tenant-configuration', revision)
    const directories = configuration.tokenIssuers.filter((issuer) => issuer.kind === 'entra')
    return Promise.all(directories.map((issuer) => checkOne(issuer, configuration, examination)))
  },
})
