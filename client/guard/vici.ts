import { type ServerSocket, type Talk, talkToSocket } from './talkToSocket.ts'
import { decodeVici, encodeVici, named, notVici, type ViciMessage, type ViciSection } from './viciMessage.ts'

/** What one side sends to the other: https://docs.strongswan.org/docs/latest/plugins/vici.html, "Packet layer". */
const packet = {
  request: 0,
  response: 1,
  unknown: 2,
  register: 3,
  confirm: 5,
  event: 7,
} as const

/** The daemon sends no longer one. */
const mostOctets = 512 * 1024

const send = (talk: Talk, type: number, name: string, message: Uint8Array = Buffer.alloc(0)): void => {
  const body = Buffer.concat([Buffer.of(type), named(name), message])
  const length = Buffer.alloc(4)
  length.writeUInt32BE(body.length)
  talk.write(Buffer.concat([length, body]))
}

const receive = async (talk: Talk): Promise<{ readonly type: number; readonly rest: Buffer }> => {
  const length = (await talk.read(4)).readUInt32BE()
  if (length === 0 || length > mostOctets) throw notVici()
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
    send(talk, packet.request, name, encodeVici(message))
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
