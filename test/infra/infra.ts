import { readFileSync } from 'node:fs'

/** The text of a file of infra/. */
export const infraFile = (name: string): string =>
  readFileSync(new URL(`../../infra/${name}`, import.meta.url), 'utf8')

/** A resource that a deployment would make. What Azure alone knows stands in it as an expression in brackets. */
export interface Resource {
  readonly id: string
  readonly type: string
  readonly name: string
  readonly apiVersion: string
  readonly kind?: string
  readonly sku?: { readonly name: string }
  readonly properties: Readonly<Record<string, unknown>>
}

/** A deployment as Microsoft's compiler predicted it. */
export interface Snapshot {
  readonly predictedResources: readonly Resource[]
  readonly outputs: Readonly<Record<string, unknown>>
}

const readSnapshot = (name: string) => JSON.parse(infraFile(`snapshots/${name}.snapshot.json`)) as Snapshot

/** The snapshots that `npm run check:infra -- --write` makes: sources.test.ts tells when they are old. */
export const snapshots = {
  /** Nothing but the defaults. */
  defaults: readSnapshot('defaults'),
  /** A private network, an administrator with addresses, zones, and people who are told of alerts. */
  private: readSnapshot('private'),
  trafficManager: readSnapshot('trafficManager'),
}

/** Who administers, in the snapshot of a private network. */
export const administrator = '22222222-2222-4222-8222-222222222222'

/** The resources of a type. */
export const resourcesOf = ({ predictedResources }: Snapshot, type: string): readonly Resource[] =>
  predictedResources.filter((resource) => resource.type === type)

/** Reads a resource at a path beneath its properties, such as `sku.name`; undefined where it says nothing. */
export const valueAt = (resource: Resource | undefined, path: string): unknown =>
  path
    .split('.')
    .reduce<unknown>(
      (value, name) =>
        typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined,
      resource?.properties,
    )

/** The end of a resource's name, without what makes it unique in Azure. */
export const shortName = ({ name }: Pick<Resource, 'name'>): string =>
  name.replace(/^mayfly-?/, '').replace(/-?[a-z0-9]{13}$/, '')

/** The resource of a type whose name ends so. */
export const resourceOf = (snapshot: Snapshot, type: string, name: string): Resource | undefined =>
  resourcesOf(snapshot, type).find((resource) => shortName(resource) === name)
