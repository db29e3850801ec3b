import { composeApp } from '../lib/app.ts'
import { housekeeperFrom, partsFrom, roleFrom } from '../lib/settings.ts'
import { registerHousekeeping } from './registerHousekeeping.ts'
import { startFault } from './notStarted.ts'
import { registerHttp } from './registerHttp.ts'

/** Tells at start what keeps the app from starting. The host forwards what is written to standard error. */
const announce = (error: unknown): void => {
  const cause = startFault(error)
  process.stderr.write(
    `${JSON.stringify({ event: 'not-started', cause: `${cause.name}: ${cause.message}` })}\n`,
  )
}

// The entry of the function app: the host loads it once, and functions can be registered only while it loads.
// A role that is none registers those that answer 503: nobody would see a timer fail.
const role = roleFrom() ?? 'enroll'
const starting: Promise<unknown>[] = []
if (role !== 'housekeeping') {
  const app = partsFrom().then(composeApp)
  registerHttp(app)
  starting.push(app)
}
if (role !== 'enroll') {
  const keepHouse = housekeeperFrom()
  registerHousekeeping(keepHouse)
  starting.push(keepHouse)
}
for (const started of await Promise.allSettled(starting))
  if (started.status === 'rejected') announce(started.reason)
