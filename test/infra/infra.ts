import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { findBicep, runBicep } from '../../tools/runBicep.ts'

const folder = fileURLToPath(new URL('../../infra', import.meta.url))

/** Microsoft's compiler; what asks it is skipped by name where there is none. */
export const bicep = findBicep()

/** A resource that a deployment would make. What Azure alone knows stands in it as an expression in brackets. */
export interface Resource {
  readonly id: string
  readonly type: string
  readonly name: string
  readonly apiVersion: string
  readonly kind?: string
  readonly location?: string
  readonly properties: Readonly<Record<string, unknown>>
}

/** What a deployment would make. */
export interface Snapshot {
  readonly predictedResources: readonly Resource[]
  readonly diagnostics: readonly unknown[]
}

/** A template, as the compiler writes it. */
export interface Template {
  readonly parameters: Readonly<Record<string, Declared>>
  readonly outputs: Readonly<Record<string, Declared>>
  readonly definitions?: Readonly<Record<string, Declared>>
  readonly resources: Readonly<
    Record<string, { readonly type: string; readonly properties?: { readonly template?: Template } }>
  >
}

interface Declared {
  readonly defaultValue?: unknown
  readonly value?: unknown
  readonly minValue?: number
  readonly maxValue?: number
  readonly metadata?: { readonly description?: string }
}

const run = (...args: readonly string[]) => {
  if (bicep === undefined) throw new Error('There is no Bicep compiler.')
  return runBicep(bicep, args)
}

/** infra/ as the compiler takes it. */
export interface Compiled {
  readonly template: Template
  readonly diagnostics: readonly string[]
}

let compiled: Compiled | undefined

/** Compiles infra/ with its parameters, once. */
export const compile = (): Compiled => {
  compiled ??= compileNow()
  return compiled
}

const compileNow = (): Compiled => {
  const { stdout, diagnostics } = run('build-params', join(folder, 'main.bicepparam'), '--stdout')
  const { templateJson } = JSON.parse(stdout) as { templateJson: string }
  return { template: JSON.parse(templateJson) as Template, diagnostics }
}

/** Who administers, in a snapshot. */
export const administrator = '22222222-2222-4222-8222-222222222222'

const where = [
  ['--subscription-id', '11111111-1111-4111-8111-111111111111'],
  ['--tenant-id', '33333333-3333-4333-8333-333333333333'],
  ['--resource-group', 'mayfly'],
  ['--location', 'westeurope'],
].flat()

const predicting = async (params: readonly string[]): Promise<Snapshot> => {
  const copy = await mkdtemp(join(tmpdir(), 'mayfly-infra-'))
  try {
    await cp(folder, copy, { recursive: true })
    const lines = ["using 'main.bicep'", ...params.map((param) => `param ${param}`)]
    await writeFile(join(copy, 'test.bicepparam'), `${lines.join('\n')}\n`)
    const { diagnostics } = run('snapshot', join(copy, 'test.bicepparam'), ...where)
    if (diagnostics.length > 0) throw new Error(diagnostics.join('\n'))
    return JSON.parse(await readFile(join(copy, 'test.snapshot.json'), 'utf8')) as Snapshot
  } finally {
    await rm(copy, { recursive: true })
  }
}

const predicted = new Map<string, Promise<Snapshot>>()

/** Predicts, once, what a deployment with these parameters would make, written as in a `.bicepparam` file. */
export const predict = (...params: readonly string[]): Promise<Snapshot> => {
  const name = params.join('\n')
  const known = predicted.get(name) ?? predicting(params)
  predicted.set(name, known)
  return known
}

/** The resources of a type. */
export const resourcesOf = ({ predictedResources }: Snapshot, type: string): readonly Resource[] =>
  predictedResources.filter((resource) => resource.type === type)

/** What a resource says at a path, such as `sku.name`, beneath its properties; undefined where it says nothing. */
export const valueAt = ({ properties }: Resource, path: string): unknown =>
  path
    .split('.')
    .reduce<unknown>(
      (value, name) =>
        typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined,
      properties,
    )

/** What a resource says at each of some paths. */
export const saidBy = (resource: Resource, paths: readonly string[]): Readonly<Record<string, unknown>> =>
  Object.fromEntries(paths.map((path) => [path, valueAt(resource, path)]))

/** The end of a resource's name, without what makes it unique in Azure. */
export const shortName = ({ name }: Pick<Resource, 'name'>): string =>
  name.replace(/^mayfly-?/, '').replace(/-?[a-z0-9]{13}$/, '')
