import { type Place, tablesPlaces, vaultPlaces } from './place.ts'
import { type Check, resting } from './check.ts'
import { askMayfly, type Examination } from './examination.ts'
import type { Found } from './finding.ts'
import { probe, type Probed } from './probe.ts'

/** Between two clocks; tokens are refused when an issuer's is more than a minute ahead of the service's. */
const warnSeconds = 60
const problemSeconds = 300

type ClockId = 'clock-service' | 'clock-tables' | 'clock-vault' | 'clock-token-issuer'

/** What the Date header (RFC 9110 section 6.6.1) of an answer tells of the clock behind it. */
export const clockFound = (id: ClockId, subject: string, { headers, at }: Probed): Found => {
  const told = Date.parse(headers.date ?? '')
  if (Number.isNaN(told))
    return {
      id,
      subject,
      status: 'not checked',
      detail: 'its answer has no Date header',
      remedy: 'Compare its clock with that of this machine in another way.',
    }
  // The header names the second that has begun.
  const seconds = Math.round((told + 500 - at) / 1000)
  const size = Math.abs(seconds)
  if (size <= warnSeconds)
    return { id, subject, status: 'ok', detail: `within ${warnSeconds} s of this machine's` }
  const detail = `${size} s ${seconds > 0 ? 'ahead of' : 'behind'} the clock of this machine`
  const remedy =
    'Set both clocks by NTP: tokens and certificates that begin later than a clock says are refused. Where other clocks differ by as much, it is this machine that is wrong.'
  return { id, subject, status: size > problemSeconds ? 'problem' : 'warning', detail, remedy }
}

const checkService = (examination: Examination): Check => ({
  id: 'clock-service',
  async run() {
    const answer = await askMayfly(examination, 'healthz')
    return [clockFound('clock-service', examination.serviceUrl().host, answer)]
  },
})

/** Where the place cannot be reached, another finding says so. */
const reachedBy = { 'clock-tables': 'tables-reachable', 'clock-vault': 'anonymous-vault' } as const

const checkPlace = (id: keyof typeof reachedBy, { url, ca, host }: Place, now: () => Date): Check => ({
  id,
  subject: host,
  async run() {
    const answer = await resting(reachedBy[id], () => probe(url, { ca: ca() }, now))
    return [clockFound(id, host, answer)]
  },
})

/** How far the clocks of the deployment's parts are from that of this machine. */
export const checkClocks = (examination: Examination): readonly Check[] => {
  const { deployment, now } = examination
  return [
    checkService(examination),
    ...tablesPlaces(deployment).map((place) => checkPlace('clock-tables', place, now)),
    ...vaultPlaces(deployment).map((place) => checkPlace('clock-vault', place, now)),
  ]
}
