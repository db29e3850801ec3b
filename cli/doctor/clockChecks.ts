import { type Check, checksOf, dependOn } from './check.ts'
import type { Examination } from './examination.ts'
import { type Found, notChecked, ok, problem, warning } from './finding.ts'
import { probePlace, tablesPlaces, vaultPlaces } from './place.ts'
import type { Probed } from './probe.ts'

/** Follows the service, which refuses tokens of an issuer whose clock is more than a minute ahead of its own. */
const warnSeconds = 60
const problemSeconds = 300

/** Compares the Date header (RFC 9110 section 6.6.1) of an answer with the clock of this machine. */
export const clockFound = ({ headers, at }: Probed): Found => {
  const told = Date.parse(headers.date ?? '')
  if (Number.isNaN(told))
    return notChecked(
      'its answer has no Date header',
      'Compare its clock with that of this machine in another way.',
    )
  // The header names the second that has begun.
  const seconds = Math.round((told + 500 - at) / 1000)
  const size = Math.abs(seconds)
  if (size <= warnSeconds) return ok(`within ${warnSeconds} s of this machine's`)
  return (size > problemSeconds ? problem : warning)(
    `${size} s ${seconds > 0 ? 'ahead of' : 'behind'} the clock of this machine`,
    'Set both clocks by NTP: tokens and certificates that begin later than a clock says are refused. Where other clocks differ by as much, it is this machine that is wrong.',
  )
}

const serviceFound = async ({ ask, serviceUrl }: Examination): Promise<Found> => ({
  ...clockFound(await ask('healthz')),
  subject: serviceUrl().host,
})

/** Checks how far the clocks of the deployment's parts are from that of this machine. */
export const clockChecks = (examination: Examination): readonly Check[] => {
  const { deployment, now } = examination
  // Where a place cannot be reached, the other finding says so.
  const places = [
    { id: 'clock-tables', reachedBy: 'tables-reachable', places: tablesPlaces(deployment) },
    { id: 'clock-vault', reachedBy: 'anonymous-vault', places: vaultPlaces(deployment) },
  ] as const
  return [
    ...checksOf(examination, { 'clock-service': serviceFound }),
    ...places.flatMap(({ id, reachedBy, places: of }) =>
      of.map((place) => ({
        id,
        subject: place.host,
        ask: async () => clockFound(await dependOn(reachedBy, () => probePlace(place, now))),
      })),
    ),
  ]
}
