import type { HttpRequest } from '@azure/functions'

/** The most characters of a header field that is parsed: anyone can send 30 KB of commas. */
export const maxFieldCharacters = 1024

/** A header field that is short enough to be parsed; undefined where there is none, or a longer one. */
export const boundedField = ({ headers }: HttpRequest, name: string): string | undefined => {
  const value = headers.get(name)
  return value === null || value.length > maxFieldCharacters ? undefined : value
}
