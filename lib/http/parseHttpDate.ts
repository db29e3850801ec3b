const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const month = `(?<month>${months.join('|')})`
const shortDay = '(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)'
const longDay = '(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day'
const time = String.raw`(?<hour>\d\d):(?<minute>\d\d):(?<second>\d\d)`

/** RFC 9110 section 5.6.7: IMF-fixdate, which senders must use, and the two that recipients must take as well. */
const forms = [
  String.raw`${shortDay}, (?<day>\d\d) ${month} (?<year>\d{4}) ${time} GMT`,
  String.raw`${longDay}, (?<day>\d\d)-${month}-(?<year>\d\d) ${time} GMT`,
  String.raw`${shortDay} ${month} (?<day>[ \d]\d) ${time} (?<year>\d{4})`,
].map((form) => new RegExp(`^${form}$`))

/** A year of two digits is at most 50 years ahead. */
const fullYear = (digits: string, now: Date): number => {
  if (digits.length === 4) return Number(digits)
  const thisYear = now.getUTCFullYear()
  const inCentury = thisYear - (thisYear % 100) + Number(digits)
  return inCentury > thisYear + 50 ? inCentury - 100 : inCentury
}

/**
 * Parses an HTTP-date, RFC 9110 section 5.6.7. The name of the day is not held to the date.
 * @param now what years of two digits are near.
 * @returns milliseconds since 1970; undefined for what is no date, such as the 30th of February.
 */
export const parseHttpDate = (text: string, now: Date): number | undefined => {
  const groups = forms.map((form) => form.exec(text)?.groups).find((found) => found !== undefined)
  if (!groups) return undefined
  const { year = '', month: name = '', day, hour, minute, second } = groups
  const date = `${fullYear(year, now)}-${String(months.indexOf(name) + 1).padStart(2, '0')}-${day?.trim().padStart(2, '0')}`
  // A second of 60 is a leap second, which few clocks have.
  const seconds = second === '60' ? '59' : second
  const parsed = Date.parse(`${date}T${hour}:${minute}:${seconds}Z`)
  // Date.parse() takes the 31st of every month.
  const isDate = !Number.isNaN(parsed) && new Date(parsed).toISOString().startsWith(date)
  return isDate ? parsed : undefined
}
