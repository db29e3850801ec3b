import { Validator } from '@seriousme/openapi-schema-validator'
import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { type BundleSource, bundleJson } from '../../lib/authority/publish/bundleJson.ts'
import { catalogue } from '../../lib/errors/catalogue.ts'
import { documents, type TrustDocument } from '../../lib/http/documents.ts'
import { certificateFormats } from '../../lib/http/certificateReply.ts'
import { type BodyLimit, bodyLimits, memberLimits } from '../../lib/http/bodyLimits.ts'
import { parseTenantId } from '../../lib/tenant/tenantId.ts'
import { type Route, routes } from '../../lib/http/routes.ts'
import { openapi, packageVersion } from '../../tools/openapi.ts'
import { serviceCodes } from '../../tools/openapi/replies.ts'
import { type Description, describedReply, repliesOf } from './describedReply.ts'

const committed = await readFile(new URL('../../docs/openapi.json', import.meta.url), 'utf8')
const description = JSON.parse(committed) as Description

interface Content {
  readonly content?: Readonly<Record<string, { readonly schema: object }>>
}

/** The parts of an operation that have a body. */
interface Bodies {
  readonly requestBody?: Content
  readonly responses: Readonly<Record<string, Content>>
}

/** PEM that stands alone: what generators take for text. */
const textual = new Set(['text/plain', 'application/x-pem-file', 'application/pem-certificate-chain'])

describe('docs/openapi.json', () => {
  it('is what the routes and schemas say ("npm run docs" makes it so)', async () => {
    expect(JSON.stringify(JSON.parse(committed), null, 2)).toBe(
      JSON.stringify(openapi(await packageVersion()), null, 2),
    )
  })

  it('is OpenAPI 3.1, as an independent validator sees it', async () => {
    const validator = new Validator()
    const result = await validator.validate(committed)
    expect(result.errors ?? []).toEqual([])
    expect(result.valid).toBe(true)
    expect(validator.version).toBe('3.1')
  })

  it('is refused by that validator when it is broken', async () => {
    const broken = await new Validator().validate(committed.replace('"operationId"', '"operation-id"'))
    expect(broken.valid).toBe(false)
  })

  it('refers to nothing that is not there', () => {
    const references = [...committed.matchAll(/"\$ref": "#\/components\/(\w+)\/(\w+)"/g)]
    expect(references.length).toBeGreaterThan(20)
    expect(committed.match(/"\$ref"/g)).toHaveLength(references.length)
    const components = description.components as Readonly<Record<string, Readonly<Record<string, object>>>>
    for (const [, section = '', name = ''] of references) expect(components[section]).toHaveProperty(name)
  })

  it('describes every method of every route, and no other', () => {
    const known = repliesOf(description).map((reply) => reply.split(' ').slice(0, 2).join(' '))
    const wanted = Object.values<Route>(routes).flatMap(({ path, methods }) =>
      methods.map((method) => `${method.toLowerCase()} /${path}`),
    )
    expect([...new Set(known)].sort()).toEqual(wanted.sort())
  })

  it('says every limit of a body, and no other', () => {
    interface Body {
      readonly content: Readonly<Record<string, { readonly 'x-max-octets': number }>>
    }
    const octetsOf = (route: keyof typeof bodyLimits) => {
      const { post } = description.paths[`/${routes[route].path}`] ?? {}
      const { content } = (post as unknown as { readonly requestBody: Body }).requestBody
      return Object.entries(content).map(([type, media]) => [type, media['x-max-octets']])
    }
    const limits = Object.entries(bodyLimits) as [keyof typeof bodyLimits, Record<string, BodyLimit>][]
    for (const [route, types] of limits)
      expect(octetsOf(route)).toEqual(Object.entries(types).map(([type, limit]) => [type, limit.maxOctets]))
    expect(committed.match(/"x-max-octets"/g)).toHaveLength(
      limits.flatMap(([, types]) => Object.keys(types)).length,
    )
    const { properties } = description.components.schemas['Enrollment'] as {
      readonly properties: Readonly<Record<string, { readonly maxLength?: number }>>
    }
    expect(Object.entries(properties).map(([member, { maxLength }]) => [member, maxLength])).toEqual(
      Object.entries(memberLimits),
    )
  })

  it('describes every media type of request and reply', () => {
    const post = description.paths['/v1/{tenant}/certificates']?.['post'] as unknown as {
      requestBody: { content: object }
      responses: Record<string, { content: object }>
    }
    expect(Object.keys(post.requestBody.content)).toEqual(Object.keys(bodyLimits.certificates))
    for (const status of ['200', '201'])
      expect(Object.keys(post.responses[status]?.content ?? {})).toEqual(certificateFormats)
  })

  describe('is for generators of clients:', () => {
    interface Schema extends Readonly<Record<string, unknown>> {
      readonly format?: string
    }
    const schemasIn = (value: unknown): readonly Schema[] => {
      if (typeof value !== 'object' || value === null) return []
      return [{ ...value }, ...Object.values(value).flatMap(schemasIn)]
    }
    const schemas = schemasIn(description)

    it('no list of values is closed, null is a type among two, and a time has no pattern', () => {
      expect(schemas.length).toBeGreaterThan(100)
      for (const name of ['anyOf', 'oneOf', 'allOf', 'enum', 'nullable'])
        expect(schemas.filter((schema) => name in schema)).toEqual([])
      const times = schemas.filter(({ format }) => format === 'date-time')
      expect(times.length).toBeGreaterThan(8)
      expect(times.filter((schema) => 'pattern' in schema)).toEqual([])
      expect(description.components.schemas['TrustBundle']).toMatchObject({
        properties: { nextActivation: { type: ['string', 'null'], format: 'date-time' } },
      })
    })

    it('JSON comes first, PEM of a request is text, and all other bodies are octets', () => {
      const operations = Object.values(description.paths).flatMap((item) => Object.entries(item))
      for (const [method, { requestBody, responses }] of operations as [string, Bodies][]) {
        if (method === 'parameters') continue
        const bodies = [requestBody, ...Object.values(responses)].map((body) =>
          Object.entries(body?.content ?? {}),
        )
        for (const types of bodies) {
          const others = types.filter(([type]) => !type.endsWith('json'))
          if (others.length < types.length) expect(types[0]?.[0]).toMatch(/json$/)
          for (const [type, { schema }] of others)
            expect([type, schema]).toEqual([
              type,
              expect.objectContaining(
                textual.has(type) ? { type: 'string' } : { type: 'string', format: 'binary' },
              ),
            ])
        }
      }
    })

    it('an operation keeps its id, by which generators name it', () => {
      const ids = [...committed.matchAll(/"operationId": "(\w+)"/g)].map(([, id]) => id)
      const files = [
        'drops',
        'trustPem',
        'trustJson',
        'trustJws',
        'trustPkcs7',
        'trustCertificate',
        'healthz',
        'readyz',
      ]
      expect(ids).toEqual(['certificates', 'adoptions', ...files.flatMap((id) => [id, `${id}Head`])])
    })
  })

  it('describes trust.json as it is written', () => {
    const source: BundleSource = {
      tenant: parseTenantId('contoso'),
      sequence: 1,
      issuedAt: new Date('2026-03-02T10:00:00.250Z'),
      generations: [],
      crossCertificates: [],
      nextActivation: undefined,
    }
    // The compiler holds the members of each certificate to the schema, too.
    const document: TrustDocument = bundleJson(source)
    expect(Object.keys(document)).toEqual(Object.keys(documents.TrustBundle.shape))
    expect(documents.TrustBundle.parse(document)).toEqual(document)
  })

  it('says who may call what: by a token, by a secret, or anybody', () => {
    const callers = Object.entries(description.paths).flatMap(([path, item]) =>
      Object.entries(item)
        .filter(([, { security = [] }]) => security.length > 0)
        .map(([method, { security }]) => `${method} ${path} ${JSON.stringify(security)}`),
    )
    expect(callers).toEqual([
      'post /v1/{tenant}/certificates [{"complianceToken":[]}]',
      'post /v1/{tenant}/adoptions [{"relyingParty":[]}]',
      'get /v1/{tenant}/drops [{"relyingParty":[]}]',
      'head /v1/{tenant}/drops [{"relyingParty":[]}]',
    ])
    expect(description.components.securitySchemes).toMatchObject({
      complianceToken: { type: 'http', scheme: 'bearer' },
      relyingParty: { type: 'http', scheme: 'basic' },
    })
  })

  it('names each code of the service under its status, and none of those of the programs', () => {
    const operations = Object.values(description.paths).flatMap((item) => Object.values(item))
    const ofPaths = operations
      .filter((operation) => 'responses' in operation)
      .flatMap(({ responses }) => Object.entries(responses))
    const { NotFound, MethodNotAllowed } = description.components.responses
    const all = [...ofPaths, ['404', NotFound] as const, ['405', MethodNotAllowed] as const]
    const named = all.flatMap(([status, response]) =>
      [...JSON.stringify(response).matchAll(/urn:mayfly:problem:([a-z-]+)/g)].map(
        ([, code]) => `${code} ${status}`,
      ),
    )
    const wanted = serviceCodes.map((code) => `${code} ${catalogue[code].status}`)
    expect([...new Set(named)].sort()).toEqual(wanted.sort())
    expect(committed).not.toContain('usage-wrong')
    expect(serviceCodes.length).toBeGreaterThan(35)
  })
})

describe('describedReply()', () => {
  const check = describedReply(description)
  const healthy = {
    method: 'GET',
    path: '/healthz',
    status: 200,
    headers: new Headers({ 'content-type': 'application/json', 'cache-control': 'no-store' }),
    body: Buffer.from('{"status":"ok"}'),
  }

  it('names what is described', () => {
    expect(check(healthy)).toBe('get /healthz 200 application/json')
    expect(repliesOf(description)).toContain(check(healthy))
  })

  it.each([
    ['a status', { status: 201 }, /201 is not described/],
    ['a method', { method: 'PUT' }, /is not described/],
    ['a path', { path: '/health' }, /is not described/],
    ['a value', { body: Buffer.from('{"status":"well"}') }, /must be equal to constant/],
    ['a member', { body: Buffer.from('{"status":"ok","more":1}') }, /additional properties/],
    ['no member', { body: Buffer.from('{}') }, /required property/],
    ['a media type', { headers: new Headers({ 'cache-control': 'no-store' }) }, /media type/],
    [
      'no header',
      { headers: new Headers({ 'content-type': 'application/json' }) },
      /cache-control is missing/,
    ],
    ['a header', { headers: new Headers([...healthy.headers, ['x-more', '1']]) }, /not described: x-more/],
    [
      'the value of a header',
      { headers: new Headers({ 'content-type': 'application/json', 'cache-control': 'public' }) },
      /header cache-control/,
    ],
  ])('finds %s that is not described', (_, change, message) => {
    const reason = (): string => {
      try {
        return check({ ...healthy, ...change })
      } catch (error) {
        return `${String(error)} ${String((error as Error).cause)}`
      }
    }
    expect(reason()).toMatch(message)
  })
})
