import { app } from '@azure/functions'
import type { housekeeperFrom } from '../lib/settings.ts'
import { startFault } from './notStarted.ts'

/** Every hour at 23 minutes and 17 seconds, when little else begins; NCRONTAB: seconds first, UTC. */
const schedule = '17 23 * * * *'

/** Registers the timer that creates the daily tables ahead and drops those past retention. A run without its settings fails, and is counted. */
export const registerHousekeeping = (starting: ReturnType<typeof housekeeperFrom>): void =>
  app.timer('housekeeping', {
    schedule,
    runOnStartup: false,
    async handler(_timer, context) {
      const keepHouse = await starting.catch((error: unknown) => {
        throw startFault(error)
      })
      await keepHouse((line) => context.log(line))
    },
  })
