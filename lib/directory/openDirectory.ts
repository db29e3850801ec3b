import { namedBuckets } from '../admission/tokenBucket.ts'
import { openDeadline } from '../deadline/deadline.ts'
import type { RequestTimes } from '../deadline/requestTimes.ts'
import { parseUuid } from '../text/parseUuid.ts'
import { askGraph } from './askGraph.ts'
import type { Directory, DirectoryQuestion, DirectoryWord } from './directory.ts'
import { DirectoryOutage } from './directoryOutage.ts'
import { type GraphAccess, graphReader } from './graphReader.ts'
import { lookUpDevice } from './lookUpDevice.ts'
import { elsewhere, noRecord, silence } from './silentDirectory.ts'

export interface DirectoryOptions extends GraphAccess {
  /** The id of the deployment's own Entra tenant, in lower case. */
  readonly directoryId: string
  readonly times: Pick<RequestTimes, 'directoryMilliseconds' | 'directoryCallMilliseconds'>
  readonly now: () => Date
  /** Milliseconds of a monotonic clock. */
  readonly clock: () => number
  /** Told why the directory said less than it could: for operators, and nothing secret. */
  readonly onFailure: (outage: DirectoryOutage) => void
}

/** Of each device and instance, so that whoever asks again and again spends no more of what Graph allows to all. */
const lookUpsOfDevice = { capacity: 6, perSecond: 1 / 30, maxNames: 10_000 }

/** Names what is asked: who asks the same may wait for the same answer. Whose a device is may matter for facts alone. */
const flightOf = ({ deviceId, userId, proves, intune, asked }: DirectoryQuestion): string =>
  JSON.stringify([deviceId, userId, proves.toSorted(), intune, [...asked].toSorted()])

/** Opens the directory of the deployment. Sends nothing. */
export const openDirectory = (options: DirectoryOptions): Directory => {
  const { directoryId, times, now, clock, onFailure } = options
  const { directoryMilliseconds, directoryCallMilliseconds: callMilliseconds } = times
  const ask = askGraph({ readGraph: graphReader(options), callMilliseconds, clock })
  const flights = new Map<string, Promise<DirectoryWord>>()
  const secondsToWait = namedBuckets({ ...lookUpsOfDevice, clock })
  const start = (flight: string, question: DirectoryQuestion): Promise<DirectoryWord> => {
    const retryAfterSeconds = Math.ceil(secondsToWait(question.deviceId))
    if (retryAfterSeconds > 0) {
      onFailure(
        new DirectoryOutage('directory', 'One device is asked about too often', { retryAfterSeconds }),
      )
      return Promise.resolve(silence(question, retryAfterSeconds))
    }
    // Its time is not that of the first who asks: others may wait for longer.
    const deadline = openDeadline(directoryMilliseconds, clock)
    const found = lookUpDevice(question, { ask: (one) => ask(one, deadline), now, onFailure })
    const word = found.catch((cause: unknown) => {
      // A defect of ours: it helps no user.
      onFailure(new DirectoryOutage('directory', 'The look-up failed', { cause, retryAfterSeconds: 5 }))
      return silence(question)
    })
    flights.set(flight, word)
    void word.then(() => flights.delete(flight))
    return word
  }
  return {
    async lookUp(asking, deadline) {
      if (asking.directoryId !== directoryId) return elsewhere(asking)
      const deviceId = parseUuid(asking.deviceId)
      // Its ids are UUIDs: it has no record of anything else.
      if (deviceId === undefined) return noRecord(asking)
      const userId = asking.userId === undefined ? undefined : parseUuid(asking.userId)
      const question = { ...asking, deviceId, userId }
      const flight = flightOf(question)
      const word = flights.get(flight) ?? start(flight, question)
      return deadline
        .within(word, () => new Error('The request has no time left.'))
        .catch(() => silence(asking))
    },
  }
}
