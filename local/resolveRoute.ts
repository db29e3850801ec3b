import type { Binding, FunctionMetadata, RegisteredFunction } from './programmingModel.ts'

type Segment =
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: 'parameter'; readonly name: string; readonly optional: boolean }
  | { readonly kind: 'rest'; readonly name: string }

/** One HTTP-triggered function and the requests that reach it. */
export interface Route {
  readonly registered: RegisteredFunction
  readonly bindingName: string
  /** As registered, else the function's name; without route prefix and outer slashes. */
  readonly template: string
  /** Upper case. */
  readonly methods: readonly string[]
  readonly authLevel: string
  readonly segments: readonly Segment[]
}

type Parameters = Readonly<Record<string, string>>

/** The route that a request takes. */
export interface ResolvedRoute {
  readonly route: Route
  /** Decoded, by name; an absent optional parameter and an empty rest are left out. */
  readonly parameters: Parameters
}

/** How no route may begin: the host keeps it for its own API. */
const reservedStart = /^(admin|runtime)/i

const trimSlashes = (route: string): string => route.trim().replaceAll(/^\/+|\/+$/g, '')

const findHttpTrigger = (metadata: FunctionMetadata): readonly [string, Binding] | undefined =>
  Object.entries(metadata.bindings).find(([, { type }]) => type.toLowerCase() === 'httptrigger')

const parseSegment = (text: string, refuse: (reason: string) => Error): Segment => {
  if (/^[^{}*?]+$/.test(text)) return { kind: 'literal', text: text.toLowerCase() }
  const [, rest, name, optional] = /^\{(\*?)([a-z_]\w*)(\??)\}$/i.exec(text) ?? []
  if (name === undefined || (rest && optional))
    throw refuse(
      `"${text}" is neither a literal nor {param}, {param?} or {*rest}; constraints are not supported`,
    )
  return rest ? { kind: 'rest', name } : { kind: 'parameter', name, optional: optional === '?' }
}

const parseTemplate = (functionName: string, template: string): readonly Segment[] => {
  const refuse = (reason: string): Error =>
    new Error(`Cannot route "${functionName}" at "${template}": ${reason}`)
  const segments = template === '' ? [] : template.split('/').map((text) => parseSegment(text, refuse))
  for (const [index, segment] of segments.entries()) {
    const next = segments[index + 1]
    if (segment.kind === 'rest' && next) throw refuse('{*rest} must come last')
    const isOptional = segment.kind === 'parameter' && segment.optional
    if (isOptional && (next?.kind === 'literal' || (next?.kind === 'parameter' && !next.optional)))
      throw refuse('only optional parameters may follow an optional one')
  }
  const names = segments.flatMap((segment) =>
    segment.kind === 'literal' ? [] : [segment.name.toLowerCase()],
  )
  if (new Set(names).size < names.length) throw refuse('a parameter occurs twice')
  return segments
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
  const segments = parseTemplate(name, [prefix, template].filter(Boolean).join('/'))
  return { registered, bindingName, template, methods, authLevel: binding.authLevel ?? 'anonymous', segments }
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

/** Splits as the host does: one trailing slash does not count, an empty segment elsewhere matches nothing. */
const splitPath = (path: string): readonly string[] => {
  const parts = path.slice(1).split('/')
  return parts.at(-1) === '' ? parts.slice(0, -1) : parts
}

/** From the path and not from its parts, because a trailing slash belongs to the rest. */
const restOf = (path: string, index: number): string => {
  const parts = path.split('/')
  return parts.slice(index + 1).join('/')
}

const matchSegments = (
  segments: readonly Segment[],
  parts: readonly string[],
  path: string,
): Parameters | undefined => {
  const parameters: [string, string][] = []
  for (const [index, segment] of segments.entries()) {
    const part = parts[index]
    if (part === '') return undefined
    switch (segment.kind) {
      case 'literal':
        if (part?.toLowerCase() !== segment.text) return undefined
        break
      case 'parameter':
        if (part === undefined && !segment.optional) return undefined
        if (part !== undefined) parameters.push([segment.name, part])
        break
      case 'rest':
        if (part !== undefined) parameters.push([segment.name, restOf(path, index)])
        return Object.fromEntries(parameters)
    }
  }
  return parts.length > segments.length ? undefined : Object.fromEntries(parameters)
}

/**
 * Finds the first route that takes the method and matches the decoded path: by name, not by specificity.
 * @param request its path is not reserved.
 * @returns undefined where the host answers 404.
 */
export const resolveRoute = (
  routes: readonly Route[],
  request: { readonly method: string; readonly path: string },
): ResolvedRoute | undefined => {
  const parts = splitPath(request.path)
  for (const route of routes) {
    if (!route.methods.includes(request.method)) continue
    const parameters = matchSegments(route.segments, parts, request.path)
    if (parameters !== undefined) return { route, parameters }
  }
  return undefined
}
