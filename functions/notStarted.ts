import type { HttpHandler } from '@azure/functions'
import { serveUnmeasured } from '../lib/app.ts'
import { Refusal } from '../lib/errors/refusal.ts'
import { SettingFault } from '../lib/errors/settingFault.ts'

/** Tells what kept the app from starting. Only a SettingFault is known to hold no value of a setting. */
export const startFault = (error: unknown): Error => {
  if (error instanceof SettingFault) return error
  return new Error(`The app does not start: ${error instanceof Error ? error.name : typeof error}.`)
}

/** Answers in the place of an app that did not start: operators see 503 and a line that names the setting, not a host without routes. */
export const notStarted = (error: unknown): HttpHandler =>
  serveUnmeasured(() => {
    const detail = 'Cannot answer: a setting of the service is missing or wrong; its log names the setting.'
    throw new Refusal('not-configured', detail, { cause: startFault(error), retryAfterSeconds: 60 })
  })
