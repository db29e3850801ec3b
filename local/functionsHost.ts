import http, { type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import https from 'node:https'
import { hostLimits } from '../lib/admission/hostLimits.ts'
import { faultOf, type FunctionRegistry, type Log } from './functionsCore.ts'
import { listen } from './freePort.ts'
import { type Exchange, sendReply, toTriggerInput } from './exchange.ts'
import { parseRequestTarget, readBody, refuseBody, refusedByHost } from './requestTarget.ts'
import { isReserved, parseRoutes, resolveRoute, type Route } from './resolveRoute.ts'
import type { HttpReply, TriggerInput } from './programmingModel.ts'

export interface FunctionsHostOptions {
  /** Loaded with `loadFunctions`. */
  readonly registry: FunctionRegistry
  /** Address or name to listen on. */
  readonly host: string
  /** 0 takes a free port. */
  readonly port: number
  /** PEM; without it the host speaks plain HTTP. */
  readonly tls?: { readonly key: string | Buffer; readonly certificate: string | Buffer }
  /** `extensions.http.routePrefix` of host.json; default empty. */
  readonly routePrefix?: string
  /** Larger request bodies get a bare 500, as with FUNCTIONS_REQUEST_BODY_SIZE_LIMIT; default 100 MB. */
  readonly bodyLimitBytes?: number
  /** How many requests are in the app at once, from their first octet on: the others wait, as before Azure's door. */
  readonly requestsAtOnce?: number
  /** How long `close` waits for running requests; default 5,000. */
  readonly closeWithinMilliseconds?: number
  readonly log: Log
}

/** A host that listens. */
export interface FunctionsHost {
  /** Scheme, host and port, without trailing slash. */
  readonly url: string
  readonly port: number
  /** Stops accepting, lets running requests finish within the bound, then closes their connections. */
  readonly close: () => Promise<void>
}

interface Site {
  readonly registry: FunctionRegistry
  readonly routes: readonly Route[]
  readonly scheme: 'http' | 'https'
  readonly bodyLimitBytes: number
  readonly isClosing: () => boolean
  readonly log: Log
}

const serverLimits = { maxHeaderSize: 32 * 1024, headersTimeout: 20_000, requestTimeout: 120_000 }

const checkServable = ({ capabilities }: FunctionRegistry): void => {
  if (capabilities === undefined) throw new Error('Cannot start the functions host: no app is loaded')
  // The library then expects the host to proxy requests to a port of its own.
  if (capabilities['HttpUri'] !== undefined)
    throw new Error(
      'Cannot start the functions host: enableHttpStream is set, only buffered HTTP is served here',
    )
}

const makeServer = (tls: FunctionsHostOptions['tls']): Server =>
  tls
    ? https.createServer({ ...serverLimits, key: tls.key, cert: tls.certificate })
    : http.createServer(serverLimits)

const answer = (site: Site, exchange: Exchange, reply: HttpReply): void =>
  sendReply(exchange, reply, site.isClosing())

/** Runs the function and answers with its reply, or with an empty 500 when it throws. */
const invoke = async (
  site: Site,
  exchange: Exchange,
  { route: { registered }, input }: { readonly route: Route; readonly input: TriggerInput },
): Promise<void> => {
  try {
    const { returnValue } = await site.registry.invoke(registered, input)
    answer(site, exchange, returnValue?.http ?? { statusCode: '204' })
  } catch (error) {
    site.log(faultOf(registered, error))
    if (exchange.response.headersSent) exchange.response.destroy()
    else answer(site, exchange, { statusCode: '500' })
  }
}

/** The host's own API wants a key of the host, which nobody has here. */
const unauthorized: HttpReply = { statusCode: '401', headers: { 'www-authenticate': 'Bearer' } }

const serve = async (site: Site, exchange: Exchange): Promise<void> => {
  const { request, response } = exchange
  const refused = refusedByHost(request)
  if (refused !== undefined) return answer(site, exchange, { statusCode: String(refused) })
  const target = parseRequestTarget(site.scheme, request)
  if (target === undefined) return answer(site, exchange, { statusCode: '400' })
  if (isReserved(target.path)) return answer(site, exchange, unauthorized)
  const resolved = resolveRoute(site.routes, { method: request.method ?? '', path: target.path })
  if (resolved === undefined) return answer(site, exchange, { statusCode: '404' })
  const body = await readBody(request, site.bodyLimitBytes)
  if (body === 'cut off') return
  if (body === 'too large') return refuseBody(request, response)
  const input = toTriggerInput(request, { target, resolved, body })
  await invoke(site, exchange, { route: resolved.route, input })
}

/** Lets so many run at once; the others wait in the order in which they came. */
const atMost = (most: number) => {
  const waiting: (() => void)[] = []
  let running = 0
  return async (run: () => Promise<void>): Promise<void> => {
    if (running === most) await new Promise<void>((begin) => waiting.push(begin))
    else running += 1
    try {
      await run()
    } finally {
      const next = waiting.shift()
      if (next) next()
      else running -= 1
    }
  }
}

/**
 * Serves the registered HTTP functions over HTTP/1.1 with the routing of the real Azure Functions host. Functions with
 * other triggers stay registered: `startTimers` runs those with a timer.
 * @throws {Error} the listening error with its `code`, or one for routes and settings that cannot be served.
 */
export const startFunctionsHost = async (options: FunctionsHostOptions): Promise<FunctionsHost> => {
  const { registry, host, tls, log, closeWithinMilliseconds = 5_000 } = options
  checkServable(registry)
  const routes = parseRoutes(registry.functions, options.routePrefix)
  const server = makeServer(tls)
  const site: Site = {
    registry,
    routes,
    scheme: tls ? 'https' : 'http',
    bodyLimitBytes: options.bodyLimitBytes ?? 100 * 1024 * 1024,
    isClosing: () => !server.listening,
    log,
  }
  const inTurn = atMost(options.requestsAtOnce ?? hostLimits.requestsAtOnce)
  const take = (request: IncomingMessage, response: ServerResponse) =>
    void inTurn(() => serve(site, { request, response }))
  server.on('request', take)
  // The host ignores expectations that it does not know; node would answer 417.
  server.on('checkExpectation', take)
  const listening = await listen(server, options.port, host)
  server.on('error', (error) => log({ level: 'error', category: 'system', message: String(error) }))
  let closed: Promise<void> | undefined
  const close = (): Promise<void> => {
    const timer = setTimeout(() => server.closeAllConnections(), closeWithinMilliseconds)
    return listening.close().finally(() => clearTimeout(timer))
  }
  return {
    url: `${site.scheme}://${host.includes(':') ? `[${host}]` : host}:${listening.port}`,
    port: listening.port,
    close: () => (closed ??= close()),
  }
}
