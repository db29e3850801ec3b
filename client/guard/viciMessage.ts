/** A message of VICI: names with values, lists of values, and sections of the same. */
export interface ViciSection {
  readonly [name: string]: Buffer | readonly Buffer[] | ViciSection
}

/** What each part of a message begins with. */
const element = {
  sectionStart: 1,
  sectionEnd: 2,
  keyValue: 3,
  listStart: 4,
  listItem: 5,
  listEnd: 6,
} as const

/** A name with its length before it. */
export const named = (name: string): Buffer => {
  const octets = Buffer.from(name, 'latin1')
  return Buffer.concat([Buffer.of(octets.length), octets])
}

const counted = (text: string): Buffer => {
  const octets = Buffer.from(text)
  const length = Buffer.alloc(2)
  length.writeUInt16BE(octets.length)
  return Buffer.concat([length, octets])
}

/** What charon is told: texts, lists of texts, and sections of the same. */
export interface ViciMessage {
  readonly [name: string]: string | readonly string[] | ViciMessage
}

const isList = (value: ViciMessage[string]): value is readonly string[] => Array.isArray(value)

/** Encodes values by their names. Lengths are written before texts: nothing in one means anything. */
export const encodeVici = (message: ViciMessage): Buffer =>
  Buffer.concat(
    Object.entries(message).flatMap(([name, value]) => {
      if (typeof value === 'string') return [Buffer.of(element.keyValue), named(name), counted(value)]
      if (!isList(value))
        return [
          Buffer.of(element.sectionStart),
          named(name),
          encodeVici(value),
          Buffer.of(element.sectionEnd),
        ]
      const items = value.flatMap((item) => [Buffer.of(element.listItem), counted(item)])
      return [Buffer.of(element.listStart), named(name), ...items, Buffer.of(element.listEnd)]
    }),
  )

/** Reads a message, octet by octet. @throws {RangeError} for one that ends before it is whole */
class ViciReader {
  readonly #octets: Buffer
  #at = 0

  constructor(octets: Buffer) {
    this.#octets = octets
  }

  get atEnd(): boolean {
    return this.#at === this.#octets.length
  }

  #take(length: number): Buffer {
    if (this.#at + length > this.#octets.length) throw new RangeError('it sent a message that is not whole')
    this.#at += length
    return this.#octets.subarray(this.#at - length, this.#at)
  }

  octet(): number {
    return this.#take(1).readUInt8()
  }

  name(): string {
    return this.#take(this.octet()).toString('latin1')
  }

  value(): Buffer {
    return this.#take(this.#take(2).readUInt16BE())
  }
}

/** The fault of octets that are none of VICI. */
export const notVici = () => new RangeError('it sent a message that is none of VICI')

const readList = (reader: ViciReader): readonly Buffer[] => {
  const items: Buffer[] = []
  for (;;) {
    const type = reader.octet()
    if (type === element.listEnd) return items
    if (type !== element.listItem) throw notVici()
    items.push(reader.value())
  }
}

const mostDepth = 16

const readSection = (reader: ViciReader, depth: number): ViciSection => {
  const members: [string, ViciSection[string]][] = []
  for (;;) {
    if (depth === 0 && reader.atEnd) break
    const type = reader.octet()
    if (depth > 0 && type === element.sectionEnd) break
    if (depth > mostDepth) throw notVici()
    if (type === element.keyValue) members.push([reader.name(), reader.value()])
    else if (type === element.listStart) members.push([reader.name(), readList(reader)])
    else if (type === element.sectionStart) members.push([reader.name(), readSection(reader, depth + 1)])
    else throw notVici()
  }
  return Object.fromEntries(members)
}

/** Decodes a message. @throws {RangeError} for what is none */
export const decodeVici = (octets: Buffer): ViciSection => readSection(new ViciReader(octets), 0)

/** A text of a section; empty where there is none. */
export const viciText = (section: ViciSection, name: string): string => {
  const value = Object.hasOwn(section, name) ? section[name] : undefined
  return Buffer.isBuffer(value) ? value.toString('utf8') : ''
}
