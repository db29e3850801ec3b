import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Refusal } from '../lib/errors/refusal.ts'

/** What the CLI knows of a deployment: `npm start` writes it, readable by its owner alone. */
export interface Deployment {
  readonly service: {
    readonly url: string
    /** PEM file of the authority behind a https URL; absent for one the system trusts. */
    readonly caFile?: string
  }
  readonly tables: { readonly connectionString: string }
  readonly keys: { readonly folder: string }
  /** The demo's own; absent elsewhere. */
  readonly tokenIssuer?: { readonly url: string; readonly clientId: string; readonly clientSecret: string }
}

/** The file of the deployment that is called `local`. */
export const localDeploymentFile = join('.mayfly', 'local.json')

const text = (value: unknown): boolean => typeof value === 'string'

const hasShape = (document: unknown): document is Deployment => {
  const members = (document ?? {}) as Partial<Record<keyof Deployment, Record<string, unknown> | null>>
  const { service, tables, keys, tokenIssuer } = members
  const serviceFits = text(service?.['url']) && (service?.['caFile'] === undefined || text(service['caFile']))
  const issuerFits =
    tokenIssuer === undefined ||
    ['url', 'clientId', 'clientSecret'].every((name) => text(tokenIssuer?.[name]))
  return serviceFits && text(tables?.['connectionString']) && text(keys?.['folder']) && issuerFits
}

const whyUnreadable = (error: unknown): string => {
  if (error instanceof SyntaxError) return 'is not JSON'
  const { code } = error as NodeJS.ErrnoException
  return code === 'ENOENT' ? 'does not exist' : `cannot be read (${code})`
}

/**
 * Reads the deployment of this name: `local`, or a file.
 * @throws {Refusal} `deployment-unknown`
 */
export const readDeployment = async (name: string): Promise<Deployment> => {
  const file = name === 'local' ? localDeploymentFile : name
  const refuse = (why: string) =>
    new Refusal('deployment-unknown', `Cannot use the deployment ${name}: ${file} ${why}.`)
  let document: unknown
  try {
    document = JSON.parse(await readFile(file, 'utf8'))
  } catch (error) {
    throw refuse(whyUnreadable(error))
  }
  if (!hasShape(document)) throw refuse('does not describe a deployment')
  return document
}
