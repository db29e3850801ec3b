import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Refusal } from '../lib/errors/refusal.ts'
import { parseJson } from '../lib/json/parseJson.ts'

/** What the CLI knows of a deployment: `npm start` writes it, readable by its owner alone. */
export interface Deployment {
  readonly service: {
    readonly url: string
    /** PEM file of the authority behind a https URL; absent for one the system trusts. */
    readonly caFile?: string
  }
  readonly tables: { readonly connectionString: string }
  readonly keys: KeysLocation
  /** The demo's own; absent elsewhere. */
  readonly tokenIssuer?: { readonly url: string; readonly clientId: string; readonly clientSecret: string }
}

/** Where a deployment's keys are, and new ones are made: in vaults if it has them, in a folder otherwise. */
export interface KeysLocation {
  readonly folder?: string
  readonly vault?: {
    /** The vault of new root keys, which the function app cannot reach. */
    readonly rootUrl: string
    readonly issuerUrl: string
    /** Whether new keys are kept in a hardware security module. */
    readonly hsm?: boolean
    /** For a stand-in on this machine in place of Azure: PEM file of its authority, and its token. */
    readonly standIn?: { readonly caFile: string; readonly token: string }
  }
}

/** The file of the deployment that is called `local`. */
export const localDeploymentFile = join('.mayfly', 'local.json')

const text = (value: unknown): boolean => typeof value === 'string'

const membersOf = (value: unknown): Record<string, unknown> => (value ?? {}) as Record<string, unknown>

const optional = (value: unknown, fits: (value: unknown) => boolean): boolean =>
  value === undefined || fits(value)

const isFlag = (value: unknown): boolean => typeof value === 'boolean'

const isStandIn = (value: unknown): boolean =>
  text(membersOf(value)['caFile']) && text(membersOf(value)['token'])

const areVaults = (value: unknown): boolean => {
  const { rootUrl, issuerUrl, hsm, standIn } = membersOf(value)
  return text(rootUrl) && text(issuerUrl) && optional(hsm, isFlag) && optional(standIn, isStandIn)
}

const areKeys = (value: unknown): boolean => {
  const { folder, vault } = membersOf(value)
  const isSomewhere = folder !== undefined || vault !== undefined
  return isSomewhere && optional(folder, text) && optional(vault, areVaults)
}

const hasShape = (document: unknown): document is Deployment => {
  const members = (document ?? {}) as Partial<Record<keyof Deployment, Record<string, unknown> | null>>
  const { service, tables, keys, tokenIssuer } = members
  const serviceFits = text(service?.['url']) && (service?.['caFile'] === undefined || text(service['caFile']))
  const issuerFits =
    tokenIssuer === undefined ||
    ['url', 'clientId', 'clientSecret'].every((name) => text(tokenIssuer?.[name]))
  return serviceFits && text(tables?.['connectionString']) && areKeys(keys) && issuerFits
}

const whyUnreadable = (error: unknown): string => {
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
  const octets = await readFile(file).catch((error: unknown) => {
    throw refuse(whyUnreadable(error))
  })
  const document = parseJson(octets, refuse)
  if (!hasShape(document)) throw refuse('does not describe a deployment')
  return document
}
