import { readFile } from 'node:fs/promises'

/** Properties by name, `*` for all others. A form is the type, after `!` where it is required and `~` where Azure gives it. */
export type ObjectSchema = Readonly<Record<string, string>>

/** One resource type: its `body`, and the objects in it. */
export interface ResourceSchema {
  /** The API version that was described; where infra/ uses a later one, what that added is unknown here. */
  readonly describes: string
  readonly objects: Readonly<Record<string, ObjectSchema>>
}

/** Schemas by resource type, and where they are from. */
export interface Schemas {
  readonly source: string
  readonly types: Readonly<Record<string, ResourceSchema>>
}

const load = async (file: string): Promise<Schemas> =>
  JSON.parse(await readFile(new URL(file, import.meta.url), 'utf8')) as Schemas

/** Reads the schemas of all types that infra/ may use. */
export const loadSchemas = async (): Promise<Schemas['types']> => ({
  ...(await load('schemas.json')).types,
  ...(await load('schemas.manual.json')).types,
})

/** What a property is. */
export interface PropertyForm {
  readonly required: boolean
  readonly readOnly: boolean
  /** One of `string`, `int`, `bool`, `any`, `object`, an array of a type, an object's name, or literals. */
  readonly type: string
}

/** Reads the form of a property. @returns undefined when the object has none of this name. */
export const propertyForm = (schema: ObjectSchema, name: string): PropertyForm | undefined => {
  const form = schema[name] ?? schema['*']
  if (form === undefined) return undefined
  const [, flags = '', type = ''] = /^([!~]*)(.*)$/.exec(form) ?? []
  return { required: flags.includes('!'), readOnly: flags.includes('~'), type }
}
