import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { onTestFinished } from 'vitest'

/** How a DNS server of the tests' own making answers a question: with addresses, a code of RFC 1035 section 4.1.1, or never. */
export type DnsAnswer = readonly string[] | { readonly code: number } | 'silence'

const types: Readonly<Record<number, 'A' | 'AAAA'>> = { 1: 'A', 28: 'AAAA' }

const octetsOf = (address: string): Buffer =>
  address.includes(':')
    ? Buffer.from(
        address
          .split(':')
          .flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 255]),
      )
    : Buffer.from(address.split('.').map(Number))

/** A record of the name that stands at octet 12 of the message (RFC 1035 section 4.1.4), for a minute. */
const record = (type: number, octets: Buffer): Buffer =>
  Buffer.concat([Buffer.from([0xc0, 12, 0, type, 0, 1, 0, 0, 0, 60, 0, octets.length]), octets])

const namesIn = (query: Buffer): readonly [name: string, end: number] => {
  let at = 12
  const labels: string[] = []
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length))
    at += 1 + length
  }
  return [labels.join('.').toLowerCase(), at + 1]
}

/** Starts a DNS server on this machine that lives until the test ends. @returns its address and port */
export const serveDns = async (answer: (name: string, type: 'A' | 'AAAA') => DnsAnswer): Promise<string> => {
  const socket = createSocket('udp4')
  socket.on('message', (query, from) => {
    const [name, end] = namesIn(query)
    const number = query.readUInt16BE(end)
    const given = answer(name, types[number] ?? 'A')
    if (given === 'silence') return
    const records = 'code' in given ? [] : given.map((one) => record(number, octetsOf(one)))
    const head = Buffer.from(query.subarray(0, 12))
    head.writeUInt16BE(0x81_80 + ('code' in given ? given.code : 0), 2)
    head.writeUInt16BE(records.length, 6)
    head.writeUInt16BE(0, 10)
    socket.send(Buffer.concat([head, query.subarray(12, end + 4), ...records]), from.port, from.address)
  })
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  onTestFinished(() => new Promise((resolve) => socket.close(() => resolve())))
  return `127.0.0.1:${socket.address().port}`
}
