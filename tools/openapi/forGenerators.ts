/** The members of a JSON Schema that are rewritten. */
interface JsonSchema {
  type?: string | readonly string[] | undefined
  anyOf?: JsonSchema[] | undefined
  enum?: unknown[] | undefined
  description?: string | undefined
}

const isNull = ({ type }: JsonSchema): boolean => type === 'null'

/** `anyOf` of something and null becomes a list of types, which every generator reads. */
const joinNull = (schema: JsonSchema): void => {
  const { anyOf = [] } = schema
  const [other, ...more] = anyOf.filter((one) => !isNull(one))
  if (anyOf.length !== 2 || !other || more.length > 0 || typeof other.type !== 'string') return
  delete schema.anyOf
  Object.assign(schema, { ...other, ...schema, type: [other.type, 'null'] })
}

/** Moves a list of values into the description: it may grow, and a closed list would break clients then. */
const openList = (schema: JsonSchema): void => {
  if (!schema.enum) return
  const { description = '', enum: values } = schema
  delete schema.enum
  schema.description = `${description} One of ${values.join(', ')}; there may be more.`.trim()
}

/** Writes a JSON Schema so that generators of clients make something usable of it. */
export const forGenerators = (schema: JsonSchema): void => {
  joinNull(schema)
  openList(schema)
}
