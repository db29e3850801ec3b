import { describe, expect, it } from 'vitest'
import { methodsAt, type Route, routes, unmatchedRoute } from '../../../lib/http/routes.ts'

describe('methodsAt()', () => {
  it.each([
    ['/v1/contoso/certificates', ['POST']],
    ['/V1/contoso/Certificates', ['POST']],
    ['/v1/contoso/trust.pem', ['GET', 'HEAD']],
    ['/v1/contoso/trust.json', ['GET', 'HEAD']],
    ['/v1/contoso/trust.jws', ['GET', 'HEAD']],
    ['/v1/contoso/trust.p7b', ['GET', 'HEAD']],
    [`/v1/contoso/trust/${'0'.repeat(64)}.cer`, ['GET', 'HEAD']],
    ['/v1/contoso/adoptions', ['POST']],
    ['/v1/contoso/drops', ['GET', 'HEAD']],
    ['/healthz', ['GET', 'HEAD']],
    ['/readyz', ['GET', 'HEAD']],
  ])('%s takes %j', (path, methods) => {
    expect(methodsAt(path)).toEqual(methods)
  })

  it.each([
    '/',
    '',
    '/v1',
    '/v1/contoso',
    '/v1//certificates',
    '/v1/contoso/certificates/',
    '/v1/contoso/certificates/x',
    '/v1/a/b/certificates',
    '/v2/contoso/certificates',
    '//healthz',
    '/healthz/',
    '/trust.pem',
    '/v1/contoso/trustXpem',
    '/v1/contoso/trust',
    '/v1/contoso/trust/',
    '/v1/contoso/trust/a/b',
    '/v1/contoso/{tenant}',
    '/admin',
    '/constructor',
  ])('nothing is at %j', (path) => {
    expect(methodsAt(path)).toEqual([])
  })
})

describe('routes', () => {
  it('do not overlap, since the host would choose by name and not by fit', () => {
    const paths = Object.values<Route>(routes).map(({ path }) => path)
    const patterns = paths.map((path) => path.replaceAll(/\{\w+\}/g, '*'))
    expect(new Set(patterns).size).toBe(paths.length)
    for (const path of paths) expect(path).toMatch(/^[a-z0-9{}./]+$/)
  })

  it('leave everything else to a catch-all whose name sorts last', () => {
    const names = [...Object.keys(routes), unmatchedRoute.name]
    expect(names.toSorted((a, b) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1)).at(-1)).toBe(
      unmatchedRoute.name,
    )
    const methods = new Set<string>(unmatchedRoute.methods)
    for (const route of Object.values<Route>(routes))
      for (const method of route.methods) expect(methods).toContain(method)
  })

  it('answer HEAD wherever they answer GET', () => {
    for (const { methods } of Object.values<Route>(routes))
      expect(methods.includes('HEAD')).toBe(methods.includes('GET'))
  })
})
