const mostSeconds = 60

/**
 * Reads a Retry-After header (RFC 9110 section 10.2.3): whole seconds, 1 to 60, a part of a second counting as one.
 * @returns undefined for none, a date or nonsense.
 */
export const parseRetryAfter = (header: string | null | undefined): number | undefined =>
  /^\d{1,9}(?:\.\d{1,9})?$/.test(header ?? '')
    ? Math.min(Math.max(Math.ceil(Number(header)), 1), mostSeconds)
    : undefined
