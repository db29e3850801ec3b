import type { HttpMethod } from '@azure/functions'

/** One HTTP function: where it listens, and for which methods. */
export interface Route {
  /** As host.json without a prefix takes it: literal segments and whole-segment parameters. */
  readonly path: string
  readonly methods: readonly HttpMethod[]
}

/** Every route but the catch-all, by function name. No two overlap: the host would choose by name, not by fit. */
export const routes = {
  certificates: { path: 'v1/{tenant}/certificates', methods: ['POST'] },
  adoptions: { path: 'v1/{tenant}/adoptions', methods: ['POST'] },
  drops: { path: 'v1/{tenant}/drops', methods: ['GET', 'HEAD'] },
  trustPem: { path: 'v1/{tenant}/trust.pem', methods: ['GET', 'HEAD'] },
  trustJson: { path: 'v1/{tenant}/trust.json', methods: ['GET', 'HEAD'] },
  trustJws: { path: 'v1/{tenant}/trust.jws', methods: ['GET', 'HEAD'] },
  trustPkcs7: { path: 'v1/{tenant}/trust.p7b', methods: ['GET', 'HEAD'] },
  trustCertificate: { path: 'v1/{tenant}/trust/{file}', methods: ['GET', 'HEAD'] },
  healthz: { path: 'healthz', methods: ['GET', 'HEAD'] },
  readyz: { path: 'readyz', methods: ['GET', 'HEAD'] },
} as const satisfies Record<string, Route>

/** The catch-all, for every method the library can serve. Its name sorts last, so every other route wins. */
export const unmatchedRoute = {
  name: 'zz-unmatched',
  path: '{*path}',
  methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'],
} as const satisfies Route & { name: string }

const fits = ({ path }: Route, segments: readonly string[]): boolean => {
  const pattern = path.split('/')
  return (
    pattern.length === segments.length &&
    pattern.every((part, index) =>
      part.startsWith('{') ? segments[index] !== '' : part === segments[index]?.toLowerCase(),
    )
  )
}

/** The methods that the path of a URL does answer; empty when nothing is there. */
export const methodsAt = (pathname: string): readonly HttpMethod[] => {
  const segments = pathname.replace(/^\//, '').split('/')
  return Object.values<Route>(routes).find((route) => fits(route, segments))?.methods ?? []
}
