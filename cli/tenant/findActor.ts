import type { Actor } from '../../lib/tenant/actor.ts'
import type { Deployment } from '../../lib/deployment/deployment.ts'
import { tablesCredential } from '../../lib/deployment/openDeploymentTables.ts'

/** The scope that the SDK asks for on behalf of tables. */
const storageScope = 'https://storage.azure.com/.default'

type Claims = Readonly<Record<string, unknown>>

/** Reads the claims of an access token, whose signature is for the service to verify; none where it is no JWT. */
const claimsOf = (token: string): Claims => {
  try {
    const claims: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'))
    return typeof claims === 'object' && claims !== null ? (claims as Claims) : {}
  } catch {
    return {}
  }
}

const textOf = (claims: Claims, ...names: readonly string[]): string => {
  const found = names.map((name) => claims[name]).find((value) => typeof value === 'string' && value !== '')
  return typeof found === 'string' ? found.slice(0, 256) : ''
}

/**
 * Who an access token of Microsoft Entra is of. A user has a UPN or, as a guest, a `unique_name`; an application neither.
 * @returns undefined when the token does not say.
 */
export const actorOfToken = (token: string, workplace: string): Actor | undefined => {
  const claims = claimsOf(token)
  const [objectId, applicationId] = [textOf(claims, 'oid'), textOf(claims, 'appid', 'azp')]
  if (objectId === '') return undefined
  const isApplication = claims['idtyp'] === 'app'
  const user = isApplication ? '' : textOf(claims, 'upn', 'unique_name', 'preferred_username')
  const name = user === '' ? `app ${applicationId === '' ? objectId : applicationId}` : user
  return { kind: 'entra', name, objectId, directoryId: textOf(claims, 'tid'), applicationId, workplace }
}

/**
 * Finds out who changes a deployment: in Azure whoever the token for its tables is of, on one machine the user of the
 * operating system.
 * @throws {Refusal} `sign-in-needed`
 */
export const findActor = async (deployment: Deployment, workplace: string): Promise<Actor> => {
  const token = await tablesCredential(deployment.tables)?.getToken(storageScope)
  return (token && actorOfToken(token.token, workplace)) ?? { kind: 'local', name: workplace }
}
