/** Writes a time as RFC 3339 in UTC, to the second. */
export const rfc3339 = (time: Date): string => time.toISOString().replace(/\.\d{3}Z$/, 'Z')
