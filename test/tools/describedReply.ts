import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'

interface Header {
  readonly required?: boolean
  readonly schema: object
}

interface Response {
  readonly headers?: Readonly<Record<string, Header>>
  readonly content?: Readonly<Record<string, { readonly schema: object }>>
  readonly 'x-problem-types'?: readonly string[]
}

interface Operation {
  readonly security?: readonly object[]
  readonly responses: Readonly<Record<string, Response>>
}

/** The part of an OpenAPI document that the tests read. */
export interface Description {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: {
    readonly schemas: Readonly<Record<string, object>>
    readonly responses: Readonly<Record<string, Response>>
    readonly securitySchemes: Readonly<Record<string, object>>
  }
}

/** One reply as a client got it. */
export interface Received {
  readonly method: string
  readonly path: string
  readonly status: number
  readonly headers: Headers
  readonly body: Uint8Array
}

const methods = ['get', 'head', 'post', 'put', 'patch', 'delete', 'options']

/** The header fields that a server adds to any reply. */
const ofTransport = ['connection', 'content-length', 'content-type', 'date', 'keep-alive']

/** A schema that takes no members but those it names: what a reply has is described. */
const closed = (schema: unknown): unknown => {
  if (Array.isArray(schema)) return schema.map(closed)
  if (typeof schema !== 'object' || schema === null) return schema
  const members = Object.fromEntries(Object.entries(schema).map(([name, value]) => [name, closed(value)]))
  return members['type'] === 'object' ? { additionalProperties: false, ...members } : members
}

const matches = (template: string, path: string): boolean =>
  new RegExp(`^${template.replaceAll('.', String.raw`\.`).replaceAll(/\{\w+\}/g, '[^/]+')}$`, 'i').test(path)

/** Every reply that a document describes: method, path template, status and media type (`-` without content). */
export const repliesOf = ({ paths }: Description): readonly string[] =>
  Object.entries(paths).flatMap(([template, item]) =>
    Object.entries(item)
      .filter(([method]) => methods.includes(method))
      .flatMap(([method, { responses }]) =>
        Object.entries(responses).flatMap(([status, { content }]) =>
          Object.keys(content ?? { '-': {} }).map((type) => `${method} ${template} ${status} ${type}`),
        ),
      ),
  )

/** Holds replies up to an OpenAPI document. */
export const describedReply = ({ paths, components }: Description) => {
  const ajv = new Ajv2020({
    allErrors: true,
    formats: { 'date-time': /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/, binary: true },
    strictTypes: false,
  })
  ajv.addKeyword('components')
  const schemas = closed(components.schemas)
  const compile = (schema: object): ValidateFunction =>
    ajv.compile({ allOf: [closed(schema)], components: { schemas } })

  const checkValue = (schema: object, value: unknown, what: string): void => {
    const validate = compile(schema)
    if (!validate(value)) throw new Error(`${what}: ${ajv.errorsText(validate.errors)}`)
  }

  const checkHeaders = (described: Response['headers'] = {}, { headers }: Received): void => {
    const known = new Map(Object.entries(described).map(([name, header]) => [name.toLowerCase(), header]))
    for (const [name, { required, schema }] of known) {
      const value = headers.get(name)
      if (value !== null) checkValue(schema, value, `header ${name}`)
      else if (required) throw new Error(`The header ${name} is missing.`)
    }
    const others = [...headers.keys()].filter((name) => !known.has(name) && !ofTransport.includes(name))
    if (others.length > 0) throw new Error(`These headers are not described: ${others.join(', ')}.`)
  }

  /** The schema of problems is open; that of the service is not. */
  const checkProblem = (
    types: readonly string[],
    document: { type: string; status: number },
    status: number,
  ) => {
    if (!types.includes(document.type)) throw new Error(`The problem ${document.type} is not described.`)
    if (document.status !== status) throw new Error(`The problem has the status ${document.status}.`)
  }

  const checkBody = (response: Response, { body, headers, status }: Received): string => {
    const { content, 'x-problem-types': types = [] } = response
    if (!content) {
      if (body.length > 0) throw new Error('There is a body where none is described.')
      return '-'
    }
    const type = headers.get('content-type') ?? ''
    const described = content[type]
    if (!described) throw new Error(`The media type ${type} is not described.`)
    const text = Buffer.from(body).toString()
    if (type.endsWith('json')) checkValue(described.schema, JSON.parse(text), type)
    if (type === 'application/problem+json')
      checkProblem(types, JSON.parse(text) as Parameters<typeof checkProblem>[1], status)
    return type
  }

  const find = ({ method, path, status }: Received): readonly [string, Response | undefined] => {
    const [template, item] = Object.entries(paths).find(([known]) => matches(known, path)) ?? []
    const operation = item?.[method.toLowerCase()]
    if (operation) return [`${method.toLowerCase()} ${template}`, operation.responses[status]]
    const ofApp = item ? { 405: 'MethodNotAllowed' } : { 404: 'NotFound' }
    const name = Object.entries(ofApp).find(([known]) => known === String(status))?.[1] ?? ''
    return [name, components.responses[name]]
  }

  /**
   * Checks status, header fields and body of a reply.
   * @returns the reply as repliesOf() names it.
   * @throws {Error} where the document does not describe it.
   */
  return (received: Received): string => {
    const [operation, response] = find(received)
    const what = `${received.method} ${received.path} ${received.status}`
    if (!response) throw new Error(`${what} is not described.`)
    try {
      checkHeaders(response.headers, received)
      const { content: _, ...withoutContent } = response
      const described = received.method === 'HEAD' ? withoutContent : response
      return `${operation} ${received.status} ${checkBody(described, received)}`
    } catch (error) {
      throw new Error(`${what} is not as described`, { cause: error })
    }
  }
}
