import { app } from '@azure/functions'
import type { housekeeperFrom } from '../lib/settings.ts'

type KeepHouse = Awaited<ReturnType<typeof housekeeperFrom>>

/** Every hour at 23 minutes and 17 seconds, when little else begins; NCRONTAB: seconds first, UTC. */
const schedule = '17 23 * * * *'

/** Registers the timer that creates the daily tables ahead and drops those past retention. */
export const registerHousekeeping = (keepHouse: KeepHouse): void =>
  app.timer('housekeeping', {
    schedule,
    runOnStartup: false,
    handler: (_timer, context) => keepHouse((line) => context.log(line)),
  })
