import * as z from 'zod'

const loopback = /^http:\/\/(127\.0\.0\.1|\[::1\]|localhost)(:\d+)?(\/|$)/
/** An issuer is compared by its text, so only one way of writing a URL is taken. */
const isCanonical = (value: string): boolean => {
  if (!URL.canParse(value)) return false
  const { href, username, password, search, hash } = new URL(value)
  return [href, href.replace(/\/$/, '')].includes(value) && [username, password, search, hash].join('') === ''
}

/** A URL of something outside that the service reads, or that users do. */
export const urlForm = z
  .string()
  .max(512)
  .refine(isCanonical, 'a URL as it is normalised, without user, query and fragment')
  .refine((value) => value.startsWith('https://') || loopback.test(value), 'https (http to loopback only)')
