import type { Binding, FunctionMetadata, RegisteredFunction } from './programmingModel.ts'

/** One HTTP-triggered function and the requests that reach it. */
export interface Route {
  readonly registered: RegisteredFunction
  readonly bindingName: string
  /** As registered, else the function's name; without route prefix and outer slashes. */
  readonly template: string
  /** Upper case. */
  readonly methods: readonly string[]
  readonly authLevel: string
  /** Matches a decoded path, with a group for each parameter. */
  readonly pattern: RegExp
}

/** The route that a request takes. */
export interface ResolvedRoute {
  readonly route: Route
  /** Decoded, by name; an absent optional parameter and an empty rest are left out. */
  readonly parameters: Readonly<Record<string, string>>
}

/** How no route may begin: the host keeps it for its own API. */
const reservedStart = /^(admin|runtime)/i

const trimSlashes = (route: string): string => route.trim().replaceAll(/^\/+|\/+$/g, '')

const findHttpTrigger = (metadata: FunctionMetadata): readonly [string, Binding] | undefined =>
  Object.entries(metadata.bindings).find(([, { type }]) => type.toLowerCase() === 'httptrigger')

/** How a segment matches, with the slash before it; an empty segment matches nothing, and the rest has its trailing slash. */
const patternOf = (segment: string): string | undefined => {
  if (/^[^{}*?]+$/.test(segment)) return `/${segment.replaceAll(/[$()+.[\\\]^|]/g, '\\$&')}`
  const [, rest, name, optional] = /^\{(\*?)([a-z_]\w*)(\??)\}$/i.exec(segment) ?? []
  if (name === undefined || (rest && optional)) return undefined
  if (rest) return `(?:/(?<${name}>[^/].*))?`
  return optional ? `(?:/(?<${name}>[^/]+))?` : `/(?<${name}>[^/]+)`
}

/** Compiles a template; one trailing slash of a path does not count. */
const compileTemplate = (functionName: string, template: string): RegExp => {
  const refuse = (reason: string): Error =>
    new Error(`Cannot route "${functionName}" at "${template}": ${reason}`)
  const segments = template === '' ? [] : template.split('/')
  const patterns = segments.map((segment) => {
    const pattern = patternOf(segment)
    if (pattern !== undefined) return pattern
    throw refuse(
      `"${segment}" is neither a literal nor {param}, {param?} or {*rest}; constraints are not supported`,
    )
  })
  if (segments.slice(0, -1).some((segment) => segment.startsWith('{*')))
    throw refuse('{*rest} must come last')
  const firstOptional = segments.findIndex((segment) => segment.endsWith('?}'))
  if (
    firstOptional >= 0 &&
    segments.slice(firstOptional).some((segment) => !/^\{.*\?\}$|^\{\*/.test(segment))
  )
    throw refuse('only optional parameters may follow an optional one')
  const names = segments
    .filter((segment) => segment.startsWith('{'))
    .map((name) => name.replace(/\W/g, '').toLowerCase())
  if (new Set(names).size < names.length) throw refuse('a parameter occurs twice')
  return new RegExp(`^${patterns.join('')}/?$`, 'is')
}

const parseRoute = (registered: RegisteredFunction, prefix: string): Route | undefined => {
  const trigger = findHttpTrigger(registered.metadata)
  if (trigger === undefined) return undefined
  const [bindingName, binding] = trigger
  const { name } = registered.metadata
  // An empty route means the function's name; only "/" means the root.
  const template = trimSlashes(binding.route?.trim() ? binding.route : name)
  const methods = (binding.methods ?? []).map((method) => method.toUpperCase())
  if (methods.length === 0) throw new Error(`Cannot route "${name}": it takes no method`)
  if (reservedStart.test(template)) throw new Error(`Cannot route "${name}": the host reserves "${template}"`)
  const pattern = compileTemplate(name, [prefix, template].filter(Boolean).join('/'))
  return { registered, bindingName, template, methods, authLevel: binding.authLevel ?? 'anonymous', pattern }
}

const checkConflict = (route: Route, others: readonly Route[]): void => {
  const rival = others.find(
    (other) =>
      other.template.toLowerCase() === route.template.toLowerCase() &&
      other.methods.some((method) => route.methods.includes(method)),
  )
  if (rival === undefined) return
  const [name, other] = [route.registered.metadata.name, rival.registered.metadata.name]
  throw new Error(`Cannot route "${name}" at "${route.template}": "${other}" has the same route and method`)
}

/**
 * Reads the HTTP routes of the registered functions, in the order given, which is the order of precedence.
 * @throws {Error} when the host would put a function into error, or for syntax that is not supported here.
 */
export const parseRoutes = (functions: readonly RegisteredFunction[], routePrefix = ''): readonly Route[] => {
  const routes: Route[] = []
  for (const registered of functions) {
    const route = parseRoute(registered, trimSlashes(routePrefix))
    if (route === undefined) continue
    checkConflict(route, routes)
    routes.push(route)
  }
  return routes
}

/** Tells whether the path belongs to the host's own API. */
export const isReserved = (path: string): boolean => /^\/(admin|runtime)(\/|$)/i.test(path)

/**
 * Finds the first route that takes the method and matches the decoded path: by name, not by specificity.
 * @param request its path is not reserved.
 * @returns undefined where the host answers 404.
 */
export const resolveRoute = (
  routes: readonly Route[],
  request: { readonly method: string; readonly path: string },
): ResolvedRoute | undefined => {
  for (const route of routes) {
    const found = route.methods.includes(request.method) ? route.pattern.exec(request.path) : null
    if (found === null) continue
    const parameters = Object.entries(found.groups ?? {}).filter(([, value]) => value !== undefined)
    return { route, parameters: Object.fromEntries(parameters) }
  }
  return undefined
}
