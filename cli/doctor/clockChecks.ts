import { type Check, checksOf, dependOn } from '../../client/check/check.ts'
import type { Examination } from './examination.ts'
import { clockFound } from '../../client/check/clockFound.ts'
import type { Found } from '../../client/check/finding.ts'
import { probePlace, tablesPlaces, vaultPlaces } from './place.ts'

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
