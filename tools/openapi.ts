import { readFile, writeFile } from 'node:fs/promises'
import { documents } from '../lib/http/documents.ts'
import { maxHeaderOctets } from '../lib/http/readEnrollment.ts'
import { type Route, routes } from '../lib/http/routes.ts'
import { type Operation, operations, parameters } from './openapi/operations.ts'
import { forGenerators } from './openapi/forGenerators.ts'
import { problemReplies, ref, withoutContent } from './openapi/replies.ts'

const file = new URL('../docs/openapi.json', import.meta.url)

/** As readers see them: `input` leaves room for members that are added later. */
const schemas = () =>
  Object.fromEntries(
    Object.entries(documents).map(([name, schema]) => {
      const { $schema: _, ...rest } = schema.toJSONSchema({
        io: 'input',
        override: ({ jsonSchema }) => forGenerators(jsonSchema),
      })
      return [name, rest]
    }),
  )

const operationsOf = (name: string, operation: Operation, methods: Route['methods']) =>
  methods.map((method) => {
    const isHead = method === 'HEAD'
    const responses = isHead ? withoutContent(operation.responses) : operation.responses
    return [method.toLowerCase(), { operationId: isHead ? `${name}Head` : name, ...operation, responses }]
  })

const isRoute = (name: string): name is keyof typeof routes => Object.hasOwn(routes, name)

const pathItem = (name: keyof typeof routes): readonly [string, object] => {
  const { path, methods }: Route = routes[name]
  const named = Object.keys(parameters).filter((parameter) => path.includes(`{${parameter}}`))
  return [
    `/${path}`,
    {
      ...(named.length > 0 ? { parameters: named.map((parameter) => ref('parameters', parameter)) } : {}),
      ...Object.fromEntries(operationsOf(name, operations[name], methods)),
    },
  ]
}

const description =
  'Short-lived client certificates for devices that are compliant. Made by "npm run docs" from the routes and schemas ' +
  'of the service. An unknown path answers 404 `not-found` (the response NotFound), a method that a path does not take ' +
  '405 `method-not-allowed` (MethodNotAllowed).'

/** The description of the HTTP API, OpenAPI 3.1. */
export const openapi = (version: string) => ({
  openapi: '3.1.1',
  info: { title: 'Mayfly', version, description, license: { name: 'MIT', identifier: 'MIT' } },
  jsonSchemaDialect: 'https://json-schema.org/draft/2020-12/schema',
  servers: [{ url: 'http://127.0.0.1:7071', description: 'What `npm start` runs.' }],
  security: [],
  paths: Object.fromEntries(Object.keys(routes).filter(isRoute).map(pathItem)),
  components: {
    schemas: schemas(),
    parameters,
    responses: {
      NotFound: problemReplies(['not-found'])[404],
      MethodNotAllowed: problemReplies(['method-not-allowed'])[405],
    },
    securitySchemes: {
      complianceToken: {
        type: 'http',
        scheme: 'bearer',
        bearerFormat: 'JWT',
        description: `A compliance token of an issuer that the tenant trusts; the whole header has at most ${maxHeaderOctets} octets.`,
      },
      relyingParty: {
        type: 'http',
        scheme: 'basic',
        description:
          'The name of a relying party, and the secret that `mayfly relying-party add` printed for it.',
      },
    },
  },
})

/** The version that package.json gives the service. */
export const packageVersion = async (): Promise<string> => {
  const text = await readFile(new URL('../package.json', import.meta.url), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}

if (process.argv.includes('--write')) {
  await writeFile(file, `${JSON.stringify(openapi(await packageVersion()), null, 2)}\n`)
}
