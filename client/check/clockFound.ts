import { type Found, notChecked, ok, problem, warning } from './finding.ts'

/** Follows the service, which refuses tokens of an issuer whose clock is more than a minute ahead of its own. */
const warnSeconds = 60
const problemSeconds = 300

/** An answer, and when it came. */
export interface Dated {
  readonly headers: { readonly date?: string | undefined }
  /** By the clock of this machine; milliseconds. */
  readonly at: number
}

/** Compares the Date header (RFC 9110 section 6.6.1) of an answer with the clock of this machine. */
export const clockFound = ({ headers, at }: Dated): Found => {
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
