import type { HttpRequest } from '@azure/functions'

/** A media type or range with its parameters, RFC 9110 sections 8.3.1 and 12.5.1. */
export interface MediaType {
  /** Lower case: `application/json`, `application/*` or `*\/*`. */
  readonly type: string
  /** Names in lower case; values as they are, without quotation marks. */
  readonly parameters: ReadonlyMap<string, string>
}

/** Splits at a separator that stands outside of quoted-strings (RFC 9110 section 5.6.4), and trims the parts. */
export const splitUnquoted = (text: string, separator: ',' | ';'): readonly string[] => {
  const parts: string[] = []
  let start = 0
  let quoted = false
  for (let index = 0; index < text.length; index++) {
    const character = text[index]
    if (quoted && character === '\\') index += 1
    else if (character === '"') quoted = !quoted
    else if (character === separator && !quoted) {
      parts.push(text.slice(start, index).trim())
      start = index + 1
    }
  }
  return [...parts, text.slice(start).trim()]
}

// RFC 6838 section 4.2: no asterisk in a name, so that a range is never taken for a type.
const name = '[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}'
const typeForm = new RegExp(`^(?:\\*/\\*|${name}/(?:\\*|${name}))$`)

// RFC 9110 section 5.6.6: no white space around the equals sign.
const token = "[!#$%&'*+.^_`|~0-9A-Za-z-]+"
const parameterForm = new RegExp(`^(${token})=(?:(${token})|"((?:[^"\\\\]|\\\\.)*)")$`)

/** @returns undefined for broken syntax, and for a name that occurs twice. */
const parseParameters = (parts: readonly string[]): ReadonlyMap<string, string> | undefined => {
  const parameters = new Map<string, string>()
  // RFC 9110 section 5.6.6 allows empty ones.
  for (const part of parts.filter(Boolean)) {
    const [, key, plain, quoted = ''] = parameterForm.exec(part) ?? []
    if (key === undefined || parameters.has(key.toLowerCase())) return undefined
    parameters.set(key.toLowerCase(), plain ?? quoted.replaceAll(/\\(.)/g, '$1'))
  }
  return parameters
}

/** Parses one media type or media range; undefined for anything else, several included. */
export const parseMediaType = (text: string): MediaType | undefined => {
  const [type = '', ...rest] = splitUnquoted(text, ';')
  const parameters = typeForm.test(type) ? parseParameters(rest) : undefined
  return parameters && { type: type.toLowerCase(), parameters }
}

/** The most characters of a header field that is parsed: anyone can send 30 KB of commas. */
export const maxFieldCharacters = 1024

/** A header field that is short enough to be parsed; undefined where there is none, or a longer one. */
export const boundedField = ({ headers }: HttpRequest, field: string): string | undefined => {
  const value = headers.get(field)
  return value === null || value.length > maxFieldCharacters ? undefined : value
}
