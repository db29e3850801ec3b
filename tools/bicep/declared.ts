import type { BicepFile } from './parseBicep.ts'
import type { Schemas } from './schema.ts'
import { any, fromSchema, fromType, type ObjectShape, objectOf, type Shape } from './shape.ts'
import { plainText, type Statement, type TypeExpression } from './syntax.ts'

/** Finds the file that another names by a path. @returns undefined when there is none. */
export type Open = (path: string) => BicepFile | undefined

/** A statement of a kind. */
export type Of<Kind extends Statement['kind']> = Extract<Statement, { readonly kind: Kind }>

/** The statements of a kind. */
export const ofKind = <Kind extends Statement['kind']>(
  { statements }: BicepFile,
  kind: Kind,
): readonly Of<Kind>[] => statements.filter((statement): statement is Of<Kind> => statement.kind === kind)

/** The type of a name, the file's own or one that it imports. */
export const typeOf = (file: BicepFile, name: string, open: Open): Shape | undefined => {
  const own = ofKind(file, 'type').find((type) => type.name === name)
  if (own) return fromType(own.type, (other) => typeOf(file, other, open))
  const from = ofKind(file, 'import').find(({ names }) => names.includes(name))
  const imported = from && open(from.from)
  return imported && typeOf(imported, name, open)
}

/** The shape of a type as a file writes it. */
export const shapeOf = (file: BicepFile, type: TypeExpression | undefined, open: Open): Shape =>
  type ? fromType(type, (name) => typeOf(file, name, open)) : any

/** `@allowed` narrows what a parameter takes. */
export const paramShape = (file: BicepFile, param: Of<'param'>, open: Open): Shape => {
  const shape = shapeOf(file, param.type, open)
  const [allowed] = param.decorators.find(({ name }) => name === 'allowed')?.inputs ?? []
  if (allowed?.kind !== 'array' || (shape.kind !== 'string' && shape.kind !== 'int')) return shape
  const literals = allowed.items.map((item) => (item.kind === 'number' ? item.value : plainText(item)))
  return { kind: shape.kind, literals: literals.filter((literal) => literal !== undefined) }
}

/** What a module takes and gives. */
export const moduleShapes = (file: BicepFile, open: Open): { inputs: ObjectShape; outputs: ObjectShape } => {
  const params = ofKind(file, 'param')
  return {
    inputs: {
      kind: 'object',
      names: params.map(({ name }) => name),
      member: (wanted) => {
        const param = params.find(({ name }) => name === wanted)
        if (!param) return undefined
        const required = param.value === undefined && param.type?.kind !== 'optional'
        return { shape: paramShape(file, param, open), required, readOnly: false }
      },
    },
    outputs: objectOf(
      Object.fromEntries(ofKind(file, 'output').map(({ name, type }) => [name, shapeOf(file, type, open)])),
    ),
  }
}

/** What a resource holds; undefined for a type that is not known. */
export const resourceShape = ({ of }: Of<'resource'>, schemas: Schemas['types']): ObjectShape | undefined => {
  const schema = schemas[of.split('@')[0] ?? '']
  return schema && fromSchema(schema.objects['body'] ?? {}, schema.objects)
}
