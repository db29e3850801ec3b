import { app as host } from '@azure/functions'
import type { App } from '../lib/app.ts'
import { type Route, routes, unmatchedRoute } from '../lib/http/routes.ts'
import { adoptions } from './adoptions.ts'
import { certificates } from './certificates.ts'
import { drops } from './drops.ts'
import { healthz } from './healthz.ts'
import type { MakeHandler } from './makeHandler.ts'
import { notStarted } from './notStarted.ts'
import { readyz } from './readyz.ts'
import { trustCertificate } from './trustCertificate.ts'
import { trustFile } from './trustFile.ts'
import { unmatched } from './unmatched.ts'

const makers: Readonly<Record<keyof typeof routes, MakeHandler>> = {
  adoptions,
  certificates,
  drops,
  healthz,
  readyz,
  trustCertificate,
  trustJson: trustFile('trust.json', 'application/json'),
  trustJws: trustFile('trust.jws', 'application/jose'),
  trustPem: trustFile('trust.pem', 'application/x-pem-file'),
  trustPkcs7: trustFile('trust.p7b', 'application/x-pkcs7-certificates'),
}

/**
 * Registers every HTTP function, before the app that answers is there: functions can be registered only while the entry
 * loads, and an entry that throws leaves the host with no route at all. An app that cannot start answers 503.
 */
export const registerHttp = (starting: Promise<App>): void => {
  const listen = (name: string, { path, methods }: Route, make: MakeHandler): void => {
    const made = starting.then(make, notStarted)
    // Callers prove who they are by tokens, not by keys of the host.
    host.http(name, {
      route: path,
      methods: [...methods],
      authLevel: 'anonymous',
      handler: async (request, context) => (await made)(request, context),
    })
  }
  for (const [name, route] of Object.entries(routes)) listen(name, route, makers[name as keyof typeof routes])
  listen(unmatchedRoute.name, unmatchedRoute, unmatched)
  host.hook.appTerminate(() =>
    starting.then(
      (app) => app.stop(),
      () => undefined,
    ),
  )
}
