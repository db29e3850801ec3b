import { derTag } from './derTag.ts'

/** A violation of X.690 DER, or of the structure the reader was asked for. Parsers turn it into their own refusal. */
export class DerError extends Error {
  override readonly name = 'DerError'
}

/** One element of the input: its identifier octet, and where it is. Makes the views that it is asked for, and no others. */
export class DerElement {
  readonly tag: number
  /** All octets of the input. */
  readonly bytes: Uint8Array
  /** Where its encoding begins. */
  readonly start: number
  /** Where its contents octets begin. */
  readonly from: number
  /** Where they end. */
  readonly to: number

  constructor(
    tag: number,
    bytes: Uint8Array,
    { start, from, to }: { readonly start: number; readonly from: number; readonly to: number },
  ) {
    this.tag = tag
    this.bytes = bytes
    this.start = start
    this.from = from
    this.to = to
  }

  /** Its contents octets, a view into the input. */
  get contents(): Uint8Array {
    return this.bytes.subarray(this.from, this.to)
  }

  /** All its octets, a view into the input. */
  get encoding(): Uint8Array {
    return this.bytes.subarray(this.start, this.to)
  }

  /** A reader of what it holds. */
  enter(): DerReader {
    return new DerReader(this.bytes, this.from, this.to)
  }
}

/** BIT STRING contents: the octets after the initial one, and how many bits of the last one are padding. */
export interface BitString {
  readonly unusedBits: number
  readonly octets: Uint8Array
}

interface LengthForm {
  readonly isMinimal: boolean
  readonly maxOctets: number
}
const shortestForm: LengthForm = { isMinimal: true, maxOctets: 3 }
/** Of BER, X.690 section 8.1.3.5. */
const anyForm: LengthForm = { isMinimal: false, maxOctets: 126 }
/** Of BER too, section 8.1.3.6: what an element holds ends with end-of-contents octets. */
const indefinite = 0x80
const constructed = 0x20

/** Names an identifier octet in a detail. */
export const describeTag = (tag: number | undefined): string =>
  tag === undefined ? 'the end' : `tag 0x${tag.toString(16).padStart(2, '0')}`

/**
 * Reads DER elements from left to right without copying, each octet once a level.
 *
 * Strict (X.690 section 10): single-octet identifiers, definite and minimal lengths of at most three octets,
 * minimal integers and object identifiers, zeroed padding bits.
 * Every method throws DerError on anything else.
 */
export class DerReader {
  readonly #bytes: Uint8Array
  readonly #end: number
  #offset: number

  /** @param end where what is read ends: octets beyond are not looked at. */
  constructor(bytes: Uint8Array, start = 0, end = bytes.length) {
    this.#bytes = bytes
    this.#offset = start
    this.#end = end
  }

  /** Whether all octets were read. */
  get atEnd(): boolean {
    return this.#offset === this.#end
  }

  /** The identifier octet of the next element, without reading it; undefined at the end. */
  get nextTag(): number | undefined {
    return this.#offset < this.#end ? this.#bytes[this.#offset] : undefined
  }

  /** Reads the next element, whatever its tag. */
  readAny(): DerElement {
    const start = this.#offset
    const tag = this.#octet()
    if ((tag & 0x1f) === 0x1f) throw new DerError('a multi-octet identifier is not used by PKIX')
    const length = this.#length()
    const from = this.#offset
    this.#pass(length)
    return new DerElement(tag, this.#bytes, { start, from, to: this.#offset })
  }

  /** Reads the next element, which must have this tag. */
  read(tag: number): DerElement {
    if (this.nextTag !== tag)
      throw new DerError(`expected ${describeTag(tag)}, found ${describeTag(this.nextTag)}`)
    return this.readAny()
  }

  /**
   * Passes over the next element, which must have this tag and be dropped: its length may be written in any form of BER,
   * and what it holds is not looked at, but for the end of an indefinite length.
   */
  skip(tag: number): void {
    if (this.nextTag !== tag)
      throw new DerError(`expected ${describeTag(tag)}, found ${describeTag(this.nextTag)}`)
    let open = 0
    do {
      const identifier = this.#identifier()
      const length = this.nextTag
      const opens = length === indefinite && (identifier & constructed) !== 0
      if (identifier === 0 && length === 0) open -= 1
      if (opens) open += 1
      if (opens) this.#offset += 1
      else this.#pass(this.#length(anyForm))
    } while (open > 0)
  }

  /** Reads the next element if it has this tag (OPTIONAL and DEFAULT members). */
  readOptional(tag: number): DerElement | undefined {
    return this.nextTag === tag ? this.readAny() : undefined
  }

  /** Reads the next element, which must be constructed with this tag, and returns a reader of what it holds. */
  enter(tag: number): DerReader {
    return this.read(tag).enter()
  }

  /** Throws unless all octets were read. */
  end(): void {
    if (!this.atEnd) throw new DerError(`${this.#end - this.#offset} octets too many`)
  }

  /** Reads an INTEGER; its contents octets: two's complement, big-endian, minimal. */
  readInteger(): Uint8Array {
    const element = this.read(derTag.integer)
    checkInteger(element)
    return element.contents
  }

  /** Reads an INTEGER from 0 to 127. */
  readSmallInteger(): number {
    const element = this.read(derTag.integer)
    checkInteger(element)
    const value = element.bytes[element.from] ?? 0
    if (element.to - element.from > 1 || value > 127) throw new DerError('an integer is out of its range')
    return value
  }

  /** Reads a BOOLEAN DEFAULT FALSE: TRUE or absent, because DER leaves a default out (X.690 section 11.5). */
  readDefaultFalse(): boolean {
    const flag = this.readOptional(derTag.boolean)
    if (flag && (flag.to - flag.from !== 1 || flag.bytes[flag.from] !== 0xff)) {
      throw new DerError('a boolean that defaults to FALSE is not TRUE')
    }
    return flag !== undefined
  }

  /** Reads an OBJECT IDENTIFIER in dotted decimal. */
  readOid(): string {
    return decodeOid(this.read(derTag.oid))
  }

  /** Reads a BIT STRING. */
  readBitString(): BitString {
    return decodeBitString(this.read(derTag.bitString))
  }

  /** Reads a BIT STRING that holds whole octets. */
  readOctetAlignedBitString(): Uint8Array {
    const { unusedBits, octets } = this.readBitString()
    if (unusedBits !== 0) throw new DerError('a bit string does not hold whole octets')
    return octets
  }

  /** The first octet of an identifier of any length, X.690 section 8.1.2.4. */
  #identifier(): number {
    const first = this.#octet()
    if ((first & 0x1f) !== 0x1f) return first
    while (this.#octet() >= 0x80);
    return first
  }

  #octet(): number {
    const octet = this.nextTag
    if (octet === undefined) throw new DerError('the encoding is truncated')
    this.#offset += 1
    return octet
  }

  #pass(length: number): void {
    if (length > this.#end - this.#offset) throw new DerError('an element is longer than what holds it')
    this.#offset += length
  }

  #length(form: LengthForm = shortestForm): number {
    const first = this.#octet()
    if (first < 0x80) return first
    const octets = first & 0x7f
    if (octets === 0) throw new DerError('an indefinite length is not DER')
    if (octets > form.maxOctets) throw new DerError('a length has more than three octets')
    let length = 0
    for (let i = 0; i < octets; i++) length = length * 256 + this.#octet()
    const least = octets === 1 ? 0x80 : 256 ** (octets - 1)
    if (length < least && form.isMinimal) throw new DerError('a length is not minimal')
    return length
  }
}

/** Checks that the contents of an INTEGER are minimal. @throws {DerError} */
export const checkInteger = ({ bytes, from, to }: DerElement): void => {
  // By index: taking an array apart goes through an iterator, and this runs for every integer.
  const first = bytes[from] ?? 0
  const second = bytes[from + 1] ?? 0
  if (from === to) throw new DerError('an integer is empty')
  if (to - from === 1) return
  const redundant = (first === 0x00 && second < 0x80) || (first === 0xff && second >= 0x80)
  if (redundant) throw new DerError('an integer is not minimal')
}

/** Decodes the contents of a BIT STRING. @throws {DerError} */
export const decodeBitString = ({ bytes, from, to }: DerElement): BitString => {
  const unusedBits = from < to ? (bytes[from] ?? 8) : 8
  if (unusedBits > 7) throw new DerError('a bit string has a wrong initial octet')
  const isEmpty = to - from === 1
  if (isEmpty && unusedBits > 0) throw new DerError('an empty bit string has padding')
  if (!isEmpty && ((bytes[to - 1] ?? 0) & ((1 << unusedBits) - 1)) !== 0) {
    throw new DerError('the padding of a bit string is not zero')
  }
  return { unusedBits, octets: bytes.subarray(from + 1, to) }
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * Decodes the contents of a UTF8String.
 * @throws {DerError} where they are not UTF-8.
 */
export const decodeUtf8 = (contents: Uint8Array): string => {
  try {
    return utf8.decode(contents)
  } catch {
    throw new DerError('a text is not UTF-8')
  }
}

/** The arc beneath 2.25 is a UUID (X.667 section 7): 128 bits. No arc is longer, so that none takes long to write. */
const maxArcOctets = 19

/** Seven bits of each octet; a number holds seven octets exactly. */
const decodeArc = (bytes: Uint8Array, start: number, end: number): number | bigint => {
  let arc = 0
  if (end - start > 7)
    return bytes.subarray(start, end).reduce((big, octet) => big * 128n + BigInt(octet & 0x7f), 0n)
  for (let index = start; index < end; index++) arc = arc * 128 + ((bytes[index] ?? 0) & 0x7f)
  return arc
}

/** The first two arcs, which are encoded as one (X.690 section 8.19.4). */
const firstArcs = (both: number | bigint): string => {
  if (typeof both === 'bigint') return `2.${both - 80n}`
  const root = Math.min(2, Math.floor(both / 40))
  return `${root}.${both - root * 40}`
}

/** Decodes the contents of an OBJECT IDENTIFIER to dotted decimal. @throws {DerError} */
export const decodeOid = ({ bytes, from, to }: DerElement): string => {
  let text = ''
  let start = from
  for (let index = from; index < to; index++) {
    const octet = bytes[index] ?? 0
    if (index === start && octet === 0x80) throw new DerError('an object identifier is not minimal')
    if (index - start === maxArcOctets) throw new DerError('an arc of an object identifier is too large')
    if ((octet & 0x80) !== 0) continue
    const arc = decodeArc(bytes, start, index + 1)
    text += text === '' ? firstArcs(arc) : `.${arc}`
    start = index + 1
  }
  if (text === '' || start < to) throw new DerError('an object identifier is truncated')
  return text
}
