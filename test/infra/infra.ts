import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type BicepFile, parseBicep } from '../../tools/bicep/parseBicep.ts'
import { bodyOf, type Expression, propertyOf, type Statement } from '../../tools/bicep/syntax.ts'

const folder = fileURLToPath(new URL('../../infra', import.meta.url))

const parse = async (name: string): Promise<[string, BicepFile]> => [
  name,
  parseBicep(await readFile(join(folder, name), 'utf8')),
]

const modules = (await readdir(join(folder, 'modules'))).map((name) => `modules/${name}`)

/** The Bicep files of infra/ by their path in it. */
export const infra: ReadonlyMap<string, BicepFile> = new Map(
  await Promise.all(['main.bicep', ...modules].map((name) => parse(name))),
)

/** A resource statement, with the file it is in. */
export type Resource = Extract<Statement, { readonly kind: 'resource' }> & { readonly file: string }

/** The resources of a type in all of infra/, those that exist already left out. */
export const resourcesOf = (type: string): readonly Resource[] =>
  [...infra].flatMap(([file, { statements }]) =>
    statements.flatMap((one) =>
      one.kind === 'resource' && !one.existing && one.of.split('@')[0] === type ? [{ ...one, file }] : [],
    ),
  )

/** A resource's properties, within its loop or condition. */
export const propertiesOf = (resource: Resource): Expression | undefined =>
  propertyOf(bodyOf(resource.value), 'properties')

/** An expression as one would write it on a line. */
export const written = (expression: Expression | undefined): string => {
  switch (expression?.kind) {
    case 'text':
      return expression.parts
        .map((part) => (typeof part === 'string' ? part : `\${${written(part)}}`))
        .join('')
    case 'number':
    case 'flag':
      return String(expression.value)
    case 'name':
      return expression.name
    case 'member':
      return `${written(expression.of)}.${expression.name}`
    case 'call':
      return `${expression.function}(${expression.inputs.map((input) => written(input)).join(', ')})`
    case 'array':
      return `[${expression.items.map((item) => written(item)).join(', ')}]`
    case 'object': {
      const pairs = expression.properties.map(
        ({ key, value }) => `${typeof key === 'string' ? key : written(key)}: ${written(value)}`,
      )
      return `{${pairs.join(', ')}}`
    }
    case 'choice':
      return `${written(expression.when)} ? ${written(expression.yes)} : ${written(expression.no)}`
    case 'operation':
      return expression.operands.map((operand) => written(operand)).join(` ${expression.mark} `)
    case 'null':
    case 'for':
    case 'index':
    case 'lambda':
    case 'condition':
      return expression.kind
    case undefined:
      return 'absent'
  }
}

/** The texts of an array. */
export const textsOf = (expression: Expression | undefined): readonly string[] =>
  expression?.kind === 'array' ? expression.items.map((item) => written(item)) : []
