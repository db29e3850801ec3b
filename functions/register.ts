import { app, type HttpHandler } from '@azure/functions'
import { type Route, routes, unmatchedRoute } from '../lib/http/routes.ts'

const listen = (name: string, { path, methods }: Route, handler: HttpHandler): void =>
  app.http(name, { route: path, methods: [...methods], authLevel: 'anonymous', handler })

/** Registers the HTTP function of a route. Callers prove who they are by tokens, not by keys of the host. */
export const register = (name: keyof typeof routes, handler: HttpHandler): void =>
  listen(name, routes[name], handler)

/** Registers the HTTP function that gets what no route takes. */
export const registerCatchAll = (handler: HttpHandler): void =>
  listen(unmatchedRoute.name, unmatchedRoute, handler)

/** Registers what is done before the host ends the process. */
export const registerEnd = (end: () => Promise<void>): void => void app.hook.appTerminate(end)
