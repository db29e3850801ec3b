import { type ServerSocket, type Talk, talkToSocket } from './talkToSocket.ts'

/** A message of VICI: names with values, lists of values, and sections of the same. */
export interface ViciSection {
  readonly [name: string]: Buffer | readonly Buffer[] | ViciSection
}

/** What one side sends to the other: https://docs.strongswan.org/docs/latest/plugins/vici.html, "Packet layer". */
const packet = {
  request: 0,
  response: 1,
  unknown: 2,
  register: 3,
  confirm: 5,
  event: 7,
} as const

const element = {
  sectionStart: 1,
  sectionEnd: 2,
  keyValue: 3,
  listStart: 4,
  listItem: 5,
  listEnd: 6,
} as const

/** The daemon sends no longer one. */
const mostOctets = 512 * 1024

const named = (name: string): Buffer => {
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
const encode = (message: ViciMessage): Buffer =>
  Buffer.concat(
    Object.entries(message).flatMap(([name, value]) => {
      if (typeof value === 'string') return [Buffer.of(element.keyValue), named(name), counted(value)]
      if (!isList(value))
        return [Buffer.of(element.sectionStart), named(name), encode(value), Buffer.of(element.sectionEnd)]
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

const wrong = () => new RangeError('it sent a message that is none of VICI')

const readList = (reader: ViciReader): readonly Buffer[] => {
  const items: Buffer[] = []
  for (;;) {
    const type = reader.octet()
    if (type === element.listEnd) return items
    if (type !== element.listItem) throw wrong()
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
    if (depth > mostDepth) throw wrong()
    if (type === element.keyValue) members.push([reader.name(), reader.value()])
    else if (type === element.listStart) members.push([reader.name(), readList(reader)])
    else if (type === element.sectionStart) members.push([reader.name(), readSection(reader, depth + 1)])
    else throw wrong()
  }
  return Object.fromEntries(members)
}

/** Decodes a message. @throws {RangeError} for what is none */
export const decodeVici = (octets: Buffer): ViciSection => readSection(new ViciReader(octets), 0)

const send = (talk: Talk, type: number, name: string, message: Uint8Array = Buffer.alloc(0)): void => {
  const body = Buffer.concat([Buffer.of(type), named(name), message])
  const length = Buffer.alloc(4)
  length.writeUInt32BE(body.length)
  talk.write(Buffer.concat([length, body]))
}

const receive = async (talk: Talk): Promise<{ readonly type: number; readonly rest: Buffer }> => {
  const length = (await talk.read(4)).readUInt32BE()
  if (length === 0 || length > mostOctets) throw wrong()
  const octets = await talk.read(length)
  return { type: octets.readUInt8(), rest: octets.subarray(1) }
}

/** Talks VICI to charon. */
export interface Vici {
  /** Sends a command. @returns what it answers. */
  command(name: string, message?: ViciMessage): Promise<ViciSection>
  /** Sends a command that answers with events. @returns them. */
  stream(name: string, event: string, message?: ViciMessage): Promise<readonly ViciSection[]>
}

const viciOn = (talk: Talk): Vici => {
  const request = async (name: string, message: ViciMessage) => {
    send(talk, packet.request, name, encode(message))
    const events: ViciSection[] = []
    for (;;) {
      const { type, rest } = await receive(talk)
      if (type === packet.event) events.push(decodeVici(rest.subarray(1 + rest.readUInt8())))
      else if (type === packet.response) return { events, answer: decodeVici(rest) }
      else throw new RangeError(`it does not know ${name}`)
    }
  }
  return {
    command: async (name, message = {}) => (await request(name, message)).answer,
    async stream(name, event, message = {}) {
      send(talk, packet.register, event)
      if ((await receive(talk)).type !== packet.confirm) throw new RangeError(`it does not know ${event}`)
      return (await request(name, message)).events
    },
  }
}

/** Talks to charon by its VICI socket. @throws {Refusal} as talkToSocket() does */
export const withVici = <T>(
  socket: ServerSocket,
  act: (vici: Vici) => Promise<T>,
  signal: AbortSignal,
): Promise<T> => talkToSocket(socket, (talk) => act(viciOn(talk)), signal)

/** A text of a section; empty where there is none. */
export const viciText = (section: ViciSection, name: string): string => {
  const value = Object.hasOwn(section, name) ? section[name] : undefined
  return Buffer.isBuffer(value) ? value.toString('utf8') : ''
}
