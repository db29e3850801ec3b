import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Refusal } from '../errors/refusal.ts'
import { parseJson } from '../json/parseJson.ts'
import { faultOfDeployment } from './faultOfDeployment.ts'

/** Tells the CLI where a deployment is: `npm start` writes it, readable by its owner alone. */
export interface Deployment {
  readonly service: {
    readonly url: string
    /** PEM file of the authority behind a https URL; absent for one the system trusts. */
    readonly caFile?: string
  }
  readonly tables: TablesPlace
  readonly keys: KeysLocation
  /** The id of the deployment's own Entra tenant, in lower case: its directory alone is asked about devices. */
  readonly directoryId?: string
  /** The object id of the identity that the enrolling app has there. */
  readonly appPrincipalId?: string
  /** The demo's own; absent elsewhere. */
  readonly tokenIssuer?: { readonly url: string; readonly clientId: string; readonly clientSecret: string }
}

/**
 * Where a deployment's tables are: at an endpoint of Azure's, opened with the sign-in of whoever runs the CLI, or on this
 * machine, opened with the account key of its connection string.
 */
export type TablesPlace =
  | { readonly connectionString: string }
  | {
      /** `https://ACCOUNT.table.core.windows.net` */
      readonly endpoint: string
      /** The account of ledger and refusals, where they have their own. */
      readonly recordsEndpoint?: string
      readonly standIn?: StandInAccess
    }

/** A deployment of this machine, as `npm start` makes it. */
export interface LocalDeployment extends Deployment {
  readonly tables: { readonly connectionString: string }
}

/** How a stand-in on this machine in place of Azure is reached: PEM file of its authority, and its token. */
export interface StandInAccess {
  readonly caFile: string
  readonly token: string
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
    readonly standIn?: StandInAccess
  }
}

/** The file of the deployment that is called `local`. */
export const localDeploymentFile = join('.mayfly', 'local.json')

const whyUnreadable = (error: unknown): string => {
  const { code } = error as NodeJS.ErrnoException
  return code === 'ENOENT' ? 'does not exist' : `cannot be read (${code})`
}

/** The file that describes the deployment of this name: `local`, or a file. */
export const deploymentFileOf = (name: string): string => (name === 'local' ? localDeploymentFile : name)

/**
 * Reads the deployment of this name: `local`, or a file.
 * @throws {Refusal} `deployment-unknown`
 */
export const readDeployment = async (name: string): Promise<Deployment> => {
  const file = deploymentFileOf(name)
  const refuse = (why: string) =>
    new Refusal('deployment-unknown', `Cannot use the deployment ${name}: ${file} ${why}.`)
  const octets = await readFile(file).catch((error: unknown) => {
    throw refuse(whyUnreadable(error))
  })
  const document = parseJson(octets, refuse)
  const fault = faultOfDeployment(document)
  if (fault !== undefined) throw refuse(`does not describe a deployment: ${fault}`)
  return document as Deployment
}
