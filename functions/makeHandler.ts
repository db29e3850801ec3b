import type { HttpHandler } from '@azure/functions'
import type { App } from '../lib/app.ts'

/** Makes the HTTP function of a route from the app. */
export type MakeHandler = (app: App) => HttpHandler
