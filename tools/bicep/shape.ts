import { type ObjectSchema, propertyForm, type ResourceSchema } from './schema.ts'
import type { TypeExpression } from './syntax.ts'

/** What a value is, as far as the check knows. */
export type Shape =
  | { readonly kind: 'any' | 'null' }
  | { readonly kind: 'string' | 'int' | 'bool'; readonly literals?: readonly (string | number | boolean)[] }
  | { readonly kind: 'array'; readonly item: Shape }
  | { readonly kind: 'optional'; readonly of: Shape }
  | ObjectShape

/** An object: its members are looked up when they are needed, because types refer to themselves. */
export interface ObjectShape {
  readonly kind: 'object'
  readonly names: readonly string[]
  /** @returns undefined when there is none of this name. */
  readonly member: (name: string) => Member | undefined
}

/** A member of an object. */
export interface Member {
  readonly shape: Shape
  readonly required: boolean
  readonly readOnly: boolean
}

export const any: Shape = { kind: 'any' }

/** An object with members known by name. */
export const objectOf = (members: Readonly<Record<string, Shape>>): ObjectShape => ({
  kind: 'object',
  names: Object.keys(members),
  member: (name) => {
    const shape = members[name]
    return shape && { shape, required: true, readOnly: false }
  },
})

const primitive = (name: string): Shape | undefined => {
  if (name === 'string' || name === 'int' || name === 'bool') return { kind: name }
  if (name === 'any' || name === 'object') return any
  return name === 'array' ? { kind: 'array', item: any } : undefined
}

/** A union of literals; one that also holds `string` takes any text. */
const unionOf = (members: readonly string[]): Shape =>
  members.includes('string') ? { kind: 'string' } : { kind: 'string', literals: members }

const fromForm = (type: string, objects: ResourceSchema['objects']): Shape => {
  if (type.endsWith('[]')) {
    const item = type.slice(0, -2).replace(/^\((.*)\)$/, '$1')
    return { kind: 'array', item: fromForm(item, objects) }
  }
  const object = objects[type]
  return primitive(type) ?? (object ? fromSchema(object, objects) : unionOf(type.split(' | ')))
}

/** The shape of an object of a resource type. */
export const fromSchema = (schema: ObjectSchema, objects: ResourceSchema['objects']): ObjectShape => ({
  kind: 'object',
  names: Object.keys(schema).filter((name) => name !== '*'),
  member: (name) => {
    const form = propertyForm(schema, name)
    return form && { ...form, shape: fromForm(form.type, objects) }
  },
})

const literalsOf = (members: readonly TypeExpression[]): Shape => {
  const values = members.map((member) => (member.kind === 'literal' ? member.value : undefined))
  const literals = values.filter((value) => value !== undefined)
  if (literals.length < members.length) return any
  return { kind: typeof literals[0] === 'number' ? 'int' : 'string', literals }
}

/** The shape of a type that is written in a file; `named` finds the file's own types and those it imports. */
export const fromType = (type: TypeExpression, named: (name: string) => Shape | undefined): Shape => {
  switch (type.kind) {
    case 'named':
      return primitive(type.name) ?? named(type.name) ?? any
    case 'literal':
      return literalsOf([type])
    case 'union':
      return literalsOf(type.members)
    case 'arrayOf':
      return { kind: 'array', item: fromType(type.item, named) }
    case 'optional':
      return { kind: 'optional', of: fromType(type.type, named) }
    case 'shape':
      return {
        kind: 'object',
        names: type.members.map(({ name }) => name).filter((name) => name !== '*'),
        member: (wanted) => {
          const found =
            type.members.find(({ name }) => name === wanted) ?? type.members.find(({ name }) => name === '*')
          if (!found) return undefined
          const shape = fromType(found.type, named)
          return { shape, required: found.name !== '*' && shape.kind !== 'optional', readOnly: false }
        },
      }
  }
}
