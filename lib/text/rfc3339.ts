/** Writes a time as RFC 3339 in UTC, to the second. */
export const rfc3339 = (time: Date): string => `${time.toISOString().slice(0, -'.000Z'.length)}Z`
