import { decodeText, utf16DocumentReason } from '../text/decodeText.ts'

/** The deepest nesting of arrays and objects that is read: what Mayfly asks for has fewer than ten levels. */
export const maxJsonDepth = 32

/**
 * Makes the error to throw of a reason that follows a subject, such as "is not JSON".
 * @param cause what JSON.parse() threw, which may repeat a part of the document.
 */
type Refuse = (why: string, cause?: unknown) => Error

/** White space, commas and colons: what stands between values and names, in a text that is JSON. By code, for speed. */
const separates = (code: number): boolean =>
  code === 0x20 || code === 0x2c || code === 0x3a || (code >= 0x09 && code <= 0x0d)

/** Tells what ends a number, true, false or null: also a bracket, and NaN at the end of the text. */
const endsScalar = (code: number): boolean =>
  separates(code) || code === 0x5d || code === 0x7d || Number.isNaN(code)

/** Finds the end of the string that begins here; beyond the text where it does not end. */
const endOfString = (text: string, start: number): number => {
  let index = start + 1
  for (; index < text.length && text.charCodeAt(index) !== 0x22; index++)
    if (text.charCodeAt(index) === 0x5c) index += 1
  return index
}

/** Reads the values of a text that is known to be JSON, and not too deep: it looks for structure and not for mistakes. */
class JsonReader {
  readonly #text: string
  readonly #refuse: Refuse
  #at = 0

  constructor(text: string, refuse: Refuse) {
    this.#text = text
    this.#refuse = refuse
  }

  /** Reads the next value. */
  value(): unknown {
    const first = this.#first()
    if (first === '"') return this.#string()
    if (first !== '{' && first !== '[') return this.#scalar()
    this.#at += 1
    const value = first === '{' ? this.#members() : this.#items()
    this.#at += 1
    return value
  }

  /** The first character of what comes next. */
  #first(): string | undefined {
    while (separates(this.#text.charCodeAt(this.#at))) this.#at += 1
    return this.#text[this.#at]
  }

  /** A map, because an assignment to `__proto__` makes no member. */
  #members(): object {
    const members = new Map<string, unknown>()
    while (this.#first() !== '}') {
      const name = this.#string()
      if (members.has(name)) throw this.#refuse('has two members of one name')
      members.set(name, this.value())
    }
    return Object.fromEntries(members)
  }

  #items(): readonly unknown[] {
    const items: unknown[] = []
    while (this.#first() !== ']') items.push(this.value())
    return items
  }

  #string(): string {
    const start = this.#at
    const plain = this.#text.slice(start + 1, this.#text.indexOf('"', start + 1))
    if (plain.includes('\\')) return this.#escapedString(start)
    this.#at += plain.length + 2
    return plain
  }

  #escapedString(start: number): string {
    this.#at += 1
    while (this.#text[this.#at] !== '"') this.#at += this.#text[this.#at] === '\\' ? 2 : 1
    this.#at += 1
    return JSON.parse(this.#text.slice(start, this.#at)) as string
  }

  #scalar(): unknown {
    const start = this.#at
    while (!endsScalar(this.#text.charCodeAt(this.#at))) this.#at += 1
    return JSON.parse(this.#text.slice(start, this.#at))
  }
}

/** The most members and items of a document, unless its reader takes fewer: a set of keys of 256 KiB has fewer. */
const maxJsonValues = 16_384

/**
 * Looks at structure alone, outside of strings, and no further than it may be: cheap, so that nobody makes us build what is
 * thrown away.
 * @returns what is too much, or undefined.
 */
const excessOf = (text: string, maxValues: number): string | undefined => {
  let [values, depth] = [0, 0]
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    const isOpening = code === 0x5b || code === 0x7b
    if (code === 0x22) index = endOfString(text, index)
    else if (code === 0x5d || code === 0x7d) depth -= 1
    if (isOpening) depth += 1
    if (isOpening || code === 0x2c) values += 1
    if (depth > maxJsonDepth) return `is nested more than ${maxJsonDepth} levels deep`
    if (values > maxValues) return `has more than ${maxValues} members and items`
  }
  return undefined
}

/** Does what may throw, and refuses when it does. */
const attempt = <T>(perform: () => T, refusal: (cause: unknown) => Error): T => {
  try {
    return perform()
  } catch (cause) {
    throw refusal(cause)
  }
}

/**
 * Parses JSON from outside so that no two readers understand it differently: UTF-8, whose byte order mark
 * is passed over (RFC 8259 section 8.1), unique member names after unescaping (RFC 7493 section 2.3), at most 32 levels deep, and with a
 * bounded number of values.
 *
 * JSON.parse() says whether the text is JSON, and no more. Of several members of one name it keeps the last, and in
 * V8 it misreads names with escapes after others have been parsed (nodejs/node issue 63785): whoever may send any
 * document could choose what is read in the next one.
 *
 * @param octets the whole document.
 * @param refuse makes the error to throw of a reason that never contains a part of the document.
 * @param maxValues how many members and items it may have: few where anybody may send it.
 */
export const parseJson = (octets: Uint8Array, refuse: Refuse, maxValues = maxJsonValues): unknown => {
  const text = decodeText(octets, refuse, utf16DocumentReason)
  const excess = excessOf(text, maxValues)
  if (excess !== undefined) throw refuse(excess)
  attempt(
    () => JSON.parse(text) as unknown,
    (cause) => refuse('is not JSON', cause),
  )
  return new JsonReader(text, refuse).value()
}

/** A member of a JSON object that came from outside; undefined when there is no such member, or no object. */
export const jsonMember = (document: unknown, name: string): unknown =>
  typeof document === 'object' && document !== null && Object.hasOwn(document, name)
    ? (document as Record<string, unknown>)[name]
    : undefined
