import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { type DnsAnswer, type DnsReply, parseQuery, replyTo } from './dnsMessage.ts'

/** What is said of names; of others that they do not exist. */
export type DnsAnswers = Readonly<Record<string, DnsAnswer>>

/** A resolver that says what it is told to. */
export interface DnsServer {
  readonly answer: (answers: DnsAnswers) => void
}

/** The most octets of a message by UDP (RFC 1035 section 4.2.1). */
const mostByUdp = 512

/** Takes messages, each after its length (RFC 1035 section 4.2.2). */
const converse = (socket: Socket, replyOf: (query: Buffer) => Buffer | undefined): void => {
  let heard: Buffer = Buffer.alloc(0)
  socket.on('error', () => undefined)
  socket.on('data', (octets: Buffer) => {
    heard = Buffer.concat([heard, octets])
    while (heard.length >= 2 && heard.length >= 2 + heard.readUInt16BE(0)) {
      const end = 2 + heard.readUInt16BE(0)
      const reply = replyOf(heard.subarray(2, end))
      heard = heard.subarray(end)
      if (reply) socket.write(Buffer.concat([Buffer.from([reply.length >> 8, reply.length & 0xff]), reply]))
    }
  })
}

/** Serves names at an address, by UDP and TCP, until the process ends. @param told hears each name that is asked for */
export const serveNames = async (host: string, told: (name: string) => void): Promise<DnsServer> => {
  const port = 53
  let answers: DnsAnswers = {}
  const replyOf = (octets: Buffer, most: number): Buffer | undefined => {
    const query = parseQuery(octets)
    told(query.name)
    const answer = answers[query.name] ?? { A: 'NXDOMAIN', AAAA: 'NXDOMAIN' }
    const said: DnsReply = query.family === undefined ? [] : answer[query.family]
    return said === 'silence' ? undefined : replyTo(query, said, most)
  }
  const datagrams = createSocket('udp4', (octets, { address, port: from }) => {
    const reply = replyOf(octets, mostByUdp)
    if (reply) datagrams.send(reply, from, address)
  })
  datagrams.bind(port, host)
  const streams = createServer((socket) => converse(socket, (octets) => replyOf(octets, 0xff_ff)))
  streams.listen(port, host)
  await Promise.all([once(datagrams, 'listening'), once(streams, 'listening')])
  return { answer: (next) => void (answers = next) }
}
