import { Validator } from '@seriousme/openapi-schema-validator'
import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { type BundleSource, bundleJson } from '../../lib/authority/trustBundle.ts'
import { catalogue } from '../../lib/errors/catalogue.ts'
import { type TrustDocument, trustDocument } from '../../lib/http/documents.ts'
import { certificateFormats } from '../../lib/http/replies.ts'
import { enrollmentTypes } from '../../lib/http/readEnrollment.ts'
import { parseTenantId } from '../../lib/tenant/tenantId.ts'
import { type Route, routes } from '../../lib/http/routes.ts'
import { openapi, packageVersion } from '../../tools/openapi.ts'
import { serviceCodes } from '../../tools/openapi/replies.ts'
import { type Description, describedReply, repliesOf } from './describedReply.ts'

const committed = await readFile(new URL('../../docs/openapi.json', import.meta.url), 'utf8')
const description = JSON.parse(committed) as Description

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

  it('describes every media type of request and reply', () => {
    const post = description.paths['/v1/{tenant}/certificates']?.['post'] as unknown as {
      requestBody: { content: object }
      responses: Record<string, { content: object }>
    }
    expect(Object.keys(post.requestBody.content)).toEqual(enrollmentTypes)
    for (const status of ['200', '201'])
      expect(Object.keys(post.responses[status]?.content ?? {})).toEqual(certificateFormats)
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
    expect(Object.keys(document)).toEqual(Object.keys(trustDocument.shape))
    expect(trustDocument.parse(document)).toEqual(document)
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
