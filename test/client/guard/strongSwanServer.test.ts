import fc from 'fast-check'
import { hash, X509Certificate } from 'node:crypto'
import { readdir, rm, stat, writeFile } from 'node:fs/promises'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { AgentEvent } from '../../../client/agent/agentEvent.ts'
import type { End } from '../../../client/guard/decideEnds.ts'
import { identitiesOf, namesInIdentity } from '../../../client/guard/identitiesOf.ts'
import { readSessionCertificate } from '../../../client/guard/readSessionCertificate.ts'
import type { Session } from '../../../client/guard/session.ts'
import { strongSwanServer } from '../../../client/guard/strongSwanServer.ts'
import { decodeVici } from '../../../client/guard/viciMessage.ts'
import { createWorld } from '../../world.ts'
import { temporaryFolder } from '../../local/temporaryFolder.ts'
import { socketServer } from './socketServer.ts'

type Value = string | Buffer | readonly string[] | { readonly [name: string]: Value }

const length = (octets: number, size: 1 | 2 | 4): Buffer => {
  const out = Buffer.alloc(size)
  out.writeUIntBE(octets, 0, size)
  return out
}

const named = (name: string) => Buffer.concat([length(name.length, 1), Buffer.from(name)])

const valued = (value: string | Buffer) => {
  const octets = Buffer.from(value)
  return Buffer.concat([length(octets.length, 2), octets])
}

/** Encodes a message as charon does. */
const encode = (message: { readonly [name: string]: Value }): Buffer =>
  Buffer.concat(
    Object.entries(message).flatMap(([name, value]) => {
      if (typeof value === 'string' || Buffer.isBuffer(value))
        return [Buffer.of(3), named(name), valued(value)]
      if (Array.isArray(value)) {
        const items = value as readonly string[]
        return [
          Buffer.of(4),
          named(name),
          ...items.flatMap((one) => [Buffer.of(5), valued(one)]),
          Buffer.of(6),
        ]
      }
      return [Buffer.of(1), named(name), encode(value as { readonly [name: string]: Value }), Buffer.of(2)]
    }),
  )

const textOf = (value: unknown): string => (Buffer.isBuffer(value) ? value.toString() : 'no text')

const packet = (...parts: readonly Buffer[]): Buffer => {
  const body = Buffer.concat(parts)
  return Buffer.concat([length(body.length, 4), body])
}

/** A charon of IKE_SAs and certificates, and what it was told. */
const charon = async () => {
  const state = {
    sas: [] as { readonly [name: string]: Value }[],
    certificates: [] as Uint8Array[],
    told: [] as string[],
    /** What it answers when it is to end one. */
    ends: (_id: string): { readonly [name: string]: Value } => ({ success: 'yes' }),
  }
  const answer = (socket: Socket, name: string, message: ReturnType<typeof decodeVici>) => {
    const asked = Object.entries(message).map(([member, value]) => `${member}=${textOf(value)}`)
    state.told.push([name, ...asked].join(' '))
    const id = 'ike-id' in message ? textOf(message['ike-id']) : undefined
    const events =
      name === 'list-sas'
        ? state.sas.filter((sa) => id === undefined || JSON.stringify(sa).includes(`"uniqueid":"${id}"`))
        : name === 'list-certs'
          ? state.certificates.map((der) => ({ type: 'X509', data: Buffer.from(der) }))
          : []
    for (const event of events) socket.write(packet(Buffer.of(7), named(name.slice(0, -1)), encode(event)))
    socket.write(packet(Buffer.of(1), encode(name === 'terminate' ? state.ends(id ?? '') : {})))
  }
  const path = await socketServer((socket) => {
    let held = Buffer.alloc(0)
    socket.on('data', (octets: Buffer) => {
      held = Buffer.concat([held, octets])
      while (held.length >= 4 && held.length >= 4 + held.readUInt32BE()) {
        const body = held.subarray(4, 4 + held.readUInt32BE())
        held = held.subarray(4 + body.length)
        const name = body.subarray(2, 2 + body.readUInt8(1)).toString()
        if (body.readUInt8() === 3) socket.write(packet(Buffer.of(5)))
        else answer(socket, name, decodeVici(body.subarray(2 + name.length)))
      }
    })
  })
  const time = { now: new Date() }
  const events: AgentEvent[] = []
  const options = {
    socket: path,
    connections: ['mayfly'],
    certificates: join(await temporaryFolder(), 'sessions'),
    world: { now: () => time.now, clock: () => 0, report: (event: AgentEvent) => void events.push(event) },
  }
  return Object.assign(state, { path, time, events, options, server: strongSwanServer(options) })
}

const saOf = (id: string, changes: { readonly [name: string]: Value } = {}, connection = 'mayfly') => ({
  [connection]: {
    uniqueid: id,
    'remote-id': 'alice@contoso.example',
    'initiator-spi': `${id}a`,
    'responder-spi': `${id}b`,
    established: '10',
    'remote-vips': ['10.20.0.1'],
    'child-sas': { 'net-1': { name: 'net' } },
    ...changes,
  },
})

const { signal } = new AbortController()

const endOf = (session: Session | undefined): End => {
  if (!session) throw new Error('There is no session.')
  return { session, kind: 'dropped', text: '', facts: {}, isFinal: true }
}

describe('strongSwanServer()', () => {
  it('lists the sessions of its connections, with the certificates that may have opened them', async () => {
    const { sas, certificates, time, server } = await charon()
    await using world = await createWorld()
    time.now = world.now
    const { entry } = await world.enroll()
    certificates.push(entry.certificate, Buffer.from('no certificate'))
    sas.push(
      saOf('1'),
      saOf('2', { 'remote-id': 'ann', 'remote-eap-id': 'b"; } x {\n\u0000' }),
      saOf('3', {}, 'site-to-site'),
      { mayfly: { uniqueid: '4', state: 'CONNECTING' } },
    )
    const sessions = await server.sessions(signal)
    expect(sessions.map(({ id, user, certificates: { length: some } }) => [id, user, some])).toEqual([
      ['1', 'alice@contoso.example', 1],
      ['2', 'b"; } x {\n\u0000', 0],
    ])
    expect(sessions[0]?.since).toEqual(new Date(world.now.getTime() - 10_000))
    // charon forgets certificates when the bundle changes.
    certificates.length = 0
    const [again] = await server.sessions(signal)
    expect(again?.certificates).toHaveLength(1)
  })

  it('knows the certificates of sessions of before a restart, and keeps none of those that are over', async () => {
    const { sas, certificates, time, options, server } = await charon()
    await using world = await createWorld()
    time.now = world.now
    const { entry } = await world.enroll()
    certificates.push(entry.certificate)
    sas.push(saOf('1'), saOf('2'), saOf('3', { 'initiator-spi': '../../evil' }))
    const before = await server.sessions(signal)
    certificates.length = 0
    sas.splice(1, 1)
    const after = await strongSwanServer(options).sessions(signal)
    expect(after[0]).toEqual({
      ...before[0],
      certificates: [expect.objectContaining({ notAfter: entry.notAfter })],
    })
    expect(after[1]?.certificates).toEqual([])
    expect(await readdir(options.certificates)).toEqual(['1a-1b.pem'])
    if (process.platform !== 'win32') expect((await stat(options.certificates)).mode & 0o777).toBe(0o700)
    // It begins anew with charon, whose numbers are others.
    sas.splice(0, 2, saOf('1', { 'initiator-spi': 'c' }))
    expect((await strongSwanServer(options).sessions(signal))[0]?.certificates).toEqual([])
    expect(await readdir(options.certificates)).toEqual([])
  })

  it('guards on where it can keep none, and says so once', async () => {
    const { sas, certificates, time, events, options, server } = await charon()
    await using world = await createWorld()
    time.now = world.now
    certificates.push((await world.enroll()).entry.certificate)
    await writeFile(options.certificates, '')
    for (const id of ['1', '2']) {
      sas.push(saOf(id))
      expect((await server.sessions(signal)).map((one) => one.certificates.length)).toEqual(sas.map(() => 1))
    }
    expect(events).toMatchObject([{ kind: 'failed', level: 'error' }])
    // Once it can, it keeps those of before as well.
    await rm(options.certificates)
    await server.sessions(signal)
    expect(await readdir(options.certificates)).toHaveLength(2)
  })

  it('is not disturbed by another guard that keeps the same', async () => {
    const { sas, certificates, time, events, options } = await charon()
    await using world = await createWorld()
    time.now = world.now
    certificates.push((await world.enroll()).entry.certificate)
    for (let id = 1; id <= 9; id++) sas.push(saOf(`${id}`))
    await Promise.all([1, 2, 3].map(() => strongSwanServer(options).sessions(signal)))
    expect(events).toEqual([])
    expect(await readdir(options.certificates)).toHaveLength(9)
    // What cannot be read is kept anew.
    const file = join(options.certificates, '1a-1b.pem')
    await writeFile(file, '')
    await strongSwanServer(options).sessions(signal)
    expect((await stat(file)).size).toBeGreaterThan(0)
  })

  it('takes no certificate for that of a session which was not valid when it was opened', async () => {
    const { sas, certificates, time, server } = await charon()
    await using world = await createWorld()
    const { entry } = await world.enroll()
    certificates.push(entry.certificate)
    time.now = new Date(entry.notBefore.getTime() - 60_000)
    sas.push(saOf('1'))
    expect((await server.sessions(signal))[0]?.certificates).toEqual([])
  })

  it('ends a session by its number, and not who has that by now', async () => {
    const { sas, told, server } = await charon()
    sas.push(saOf('1'), saOf('2'))
    const listed = await server.sessions(signal)
    sas[1] = saOf('2', { 'initiator-spi': 'other' })
    const outcomes = await server.end(listed.map(endOf), signal)
    expect(outcomes.map(({ kind }) => kind)).toEqual(['ended', 'over'])
    expect(told.filter((line) => line.startsWith('terminate'))).toEqual([
      'terminate ike-id=1 force=yes timeout=1000',
    ])
  })

  it('takes a session for ended that is gone, whatever charon says, and for no other', async () => {
    const bench = await charon()
    bench.sas.push(saOf('1'), saOf('2'))
    const listed = await bench.server.sessions(signal)
    bench.ends = (id) => {
      if (id === '1') bench.sas.shift()
      return { success: 'no', errmsg: 'terminating SA failed' }
    }
    expect(await bench.server.end(listed.map(endOf), signal)).toEqual([
      { kind: 'ended' },
      { kind: 'failed', why: 'terminating SA failed' },
    ])
  })

  it('names a server that speaks something else', async () => {
    const path = await socketServer((socket) => void socket.write('HTTP/1.1 400 Bad Request\r\n'))
    const server = strongSwanServer({ ...(await charon()).options, socket: path })
    await expect(server.sessions(signal)).toRefuse('sessions-unknown', /none of VICI/)
  })
})

describe('decodeVici()', () => {
  it('gives texts back as they were, whatever they hold', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 255, unit: 'binary' }), fc.array(fc.string()), (text, list) => {
        const message = encode({ a: { __proto__b: text, list, section: { b: text } }, c: text })
        const { a = {}, c } = decodeVici(message) as Readonly<
          Record<string, Readonly<Record<string, unknown>>>
        >
        expect(textOf(c)).toBe(text)
        expect(textOf(a['__proto__b'])).toBe(text)
        expect((a['list'] as readonly Buffer[]).map(textOf)).toEqual(list)
      }),
    )
  })

  it('throws a RangeError of octets that are no message, and nothing else', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (octets) => {
        try {
          decodeVici(Buffer.from(octets))
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError)
        }
      }),
    )
    const deep = Buffer.concat(Array.from({ length: 40 }, () => Buffer.of(1, 1, 97)))
    expect(() => decodeVici(deep)).toThrow(RangeError)
  })
})

describe('identitiesOf(), and namesInIdentity()', () => {
  it('find a client by whatever of its certificate it calls itself', async () => {
    await using world = await createWorld()
    const { entry } = await world.enroll()
    const certificate = readSessionCertificate(entry.certificate)
    if (!certificate) throw new Error('It cannot be read.')
    const known = new X509Certificate(entry.certificate)
    const spki = known.publicKey.export({ format: 'der', type: 'spki' })
    const colons = (hex: string) => hex.toLowerCase().replaceAll(/..(?=.)/g, '$&:')
    const identities = identitiesOf(certificate)
    const bits = spki.subarray(-65)
    for (const identity of [
      'Alice@contoso.example',
      'CN=alice@contoso.example',
      'C=NL, CN=alice@contoso.example, O=Contoso',
      colons(known.serialNumber),
      colons(hash('sha1', spki)),
      colons(hash('sha1', bits)),
      colons(hash('sha256', bits).slice(0, 40)),
    ])
      expect(
        namesInIdentity(identity).some((name) => identities.includes(name)),
        identity,
      ).toBe(true)
    for (const identity of ['%any', 'alice', 'O=alice@contoso.example', 'CN=alice@contoso.example.evil'])
      expect(
        namesInIdentity(identity).some((name) => identities.includes(name)),
        identity,
      ).toBe(false)
  })
})
