/** When a client renews, as RFC 9773 suggests windows; both ends inclusive. */
export interface RenewalWindow {
  readonly start: Date
  readonly end: Date
}

const earliest = 0.55
const latest = 0.8
const width = 0.1

const wholeSecond = (milliseconds: number) => new Date(Math.floor(milliseconds / 1000) * 1000)

/**
 * Suggests a window of a tenth of the life between 55 % and 80 % of it, placed at random, so that clients that
 * enrolled in one moment do not renew in one.
 * @param chance from 0 to 1.
 */
export const renewalWindow = (issuedAt: Date, notAfter: Date, chance: number): RenewalWindow => {
  const life = notAfter.getTime() - issuedAt.getTime()
  const start = earliest + chance * (latest - earliest - width)
  return {
    start: wholeSecond(issuedAt.getTime() + life * start),
    end: wholeSecond(issuedAt.getTime() + life * (start + width)),
  }
}
