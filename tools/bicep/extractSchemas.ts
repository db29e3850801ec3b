import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import type { ObjectSchema, ResourceSchema, Schemas } from './schema.ts'
import { resourceTypes } from './resourceTypes.ts'

/*
 * Rewrites tools/bicep/schemas.json from the resource schemas that the npm package @azure/mcp carries offline:
 *
 *   npm install --prefix <folder> @azure/mcp-linux-x64@2.0.5
 *   node tools/bicep/extractSchemas.ts <folder>/node_modules/@azure/mcp-linux-x64/dist/azmcp
 *
 * Types that it lacks are in schemas.manual.json, by hand from the reference on learn.microsoft.com/azure/templates.
 */

interface Property {
  readonly name: string
  readonly type: string
  readonly flags?: string
}

interface ObjectNode {
  readonly name: string
  readonly properties?: readonly Property[]
  readonly baseProperties?: readonly Property[]
  readonly elements?: readonly ObjectNode[]
  readonly additionalPropertiesType?: string
}

interface Answer {
  readonly results: { readonly BicepSchemaResult: readonly (ObjectNode & { bodyType?: ObjectNode })[] }
}

const run = promisify(execFile)

/** Required `!`, given by Azure and not to be set `~`, and the type. */
const formOf = ({ type, flags = '' }: Property): string =>
  `${flags.includes('Required') ? '!' : ''}${flags.includes('ReadOnly') ? '~' : ''}${type}`

/** Variants of an object, told apart by a property, become one object that has the properties of all. */
const propertiesOf = ({ properties = [], baseProperties = [], elements = [] }: ObjectNode): ObjectSchema => {
  const all: Record<string, string> = {}
  for (const property of [
    ...properties,
    ...baseProperties,
    ...elements.flatMap((one) => one.properties ?? []),
  ])
    all[property.name] =
      all[property.name] === undefined || all[property.name] === formOf(property)
        ? formOf(property)
        : `${all[property.name]} | ${property.type}`
  return all
}

const schemaOf = (node: ObjectNode): ObjectSchema => ({
  ...propertiesOf(node),
  ...(node.additionalPropertiesType ? { '*': node.additionalPropertiesType } : {}),
})

const referenced = (schema: ObjectSchema): readonly string[] =>
  Object.values(schema).map((form) => form.replaceAll(/[!~()]|\[\]/g, ''))

/** Keeps what can be reached from the body: a type comes with everything of its provider. */
const reachable = (body: ObjectNode, all: ReadonlyMap<string, ObjectNode>): ResourceSchema['objects'] => {
  const objects: Record<string, ObjectSchema> = {}
  const take = (name: string, node: ObjectNode): void => {
    const schema = schemaOf(node)
    objects[name] = schema
    for (const next of referenced(schema)) {
      const found = all.get(next)
      if (found && !(next in objects)) take(next, found)
    }
  }
  take('body', body)
  return objects
}

const extract = async (azmcp: string, type: string): Promise<ResourceSchema | undefined> => {
  const command = ['bicepschema', 'get', '--resource-type', type]
  const { stdout } = await run(azmcp, command, { maxBuffer: 1 << 26 }).catch(() => ({ stdout: '' }))
  if (!stdout.startsWith('{')) return undefined
  const nodes = (JSON.parse(stdout) as Answer).results.BicepSchemaResult
  const resource = nodes.find(({ name, bodyType }) => bodyType && name.startsWith(`${type}@`))
  if (!resource?.bodyType) return undefined
  const objects = new Map(nodes.filter((node) => !node.bodyType).map((node) => [node.name, node]))
  return { describes: resource.name.split('@')[1] ?? '', objects: reachable(resource.bodyType, objects) }
}

const [, , azmcp = ''] = process.argv
const manual = JSON.parse(await readFile(new URL('schemas.manual.json', import.meta.url), 'utf8')) as Schemas
const types: Record<string, ResourceSchema> = {}
for (const type of Object.keys(resourceTypes)) {
  if (type in manual.types) continue
  const schema = await extract(azmcp, type)
  if (!schema) throw new Error(`${azmcp} has no schema of ${type}: write it into schemas.manual.json.`)
  types[type] = schema
}
const schemas: Schemas = { source: 'npm @azure/mcp 2.0.5, azmcp bicepschema get', types }
await writeFile(new URL('schemas.json', import.meta.url), `${JSON.stringify(schemas)}\n`)
