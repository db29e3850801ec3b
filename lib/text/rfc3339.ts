/** Writes a time as RFC 3339 in UTC, to the second. */
export const rfc3339 = (time: Date): string => `${time.toISOString().slice(0, -'.000Z'.length)}Z`

/** RFC 3339 section 5.6: with a zone, and without the space that some write in place of the T. */
const form =
  /^(\d{4})-(0[1-9]|1[0-2])-(\d{2})T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/i

/** Days that the month does not have would be read as days of the next. */
const daysIn = (year: number, month: number): number => new Date(Date.UTC(year, month, 0)).getUTCDate()

/**
 * Reads a time of RFC 3339, in any zone. A leap second is none that clocks here have.
 * @returns seconds since 1970, to the millisecond; undefined for anything else.
 */
export const parseRfc3339 = (text: string): number | undefined => {
  const [, year, month, day] = (form.exec(text) ?? []).map(Number)
  if (year === undefined || month === undefined || day === undefined) return undefined
  return day >= 1 && day <= daysIn(year, month) ? Date.parse(text.toUpperCase()) / 1000 : undefined
}
