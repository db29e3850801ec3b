import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { decideEnds } from '../../../client/guard/decideEnds.ts'
import { openVpnServer } from '../../../client/guard/openVpnServer.ts'
import { maxDropListOctets } from '../../../lib/drops/dropList.ts'
import { parseDropList } from '../../../lib/drops/parseDropList.ts'
import { parseJson } from '../../../lib/json/parseJson.ts'
import { encodePem } from '../../../lib/x509/pemBlock.ts'
import { temporaryFolder } from '../../local/temporaryFolder.ts'
import { createWorld } from '../../world.ts'
import { at, certificateOf, dropOf, sessionOf } from './guardWorld.ts'
import { socketServer } from './socketServer.ts'

/** The least time that something takes, in milliseconds: a busy machine takes none off. */
const leastOf = (act: () => unknown): number =>
  Math.min(
    ...[1, 2, 3].map(() => {
      const begun = performance.now()
      act()
      return performance.now() - begun
    }),
  )

/** How many times the small one the large one is. */
const times = 20

const mostHeapOctets = 256 * 1024 * 1024

/** Counts how often members of something are read. */
const counted = <T extends object>(value: T, count: () => void): T =>
  new Proxy(value, {
    get(target, name, receiver) {
      count()
      return Reflect.get(target, name, receiver) as unknown
    },
  })

/** What a guard has to decide about: half of the entries are keys and devices with users, and one in a hundred sessions is stopped. */
const lookOf = (sessions: number, entries: number, count?: () => void) => {
  const told = <T extends object>(value: T): T => (count ? counted(value, count) : value)
  const drops = Array.from({ length: entries }, (_, index) =>
    index % 2 === 0
      ? dropOf({ value: `user${index * 50}@contoso.example` })
      : dropOf({
          kind: 'key',
          value: `${index}`.padStart(64, '0'),
          users: [{ upn: `gone${index}@contoso.example`, objectId: undefined }],
        }),
  )
  const all = Array.from({ length: sessions }, (_, index) => {
    const user = `user${index}@contoso.example`
    return sessionOf({
      id: `${index}`,
      user,
      certificates: [certificateOf({ names: [user], keyHash: `k${index}` })],
    })
  })
  const issuers = { sequence: 1, signed: () => true }
  const grounds = { issuers, drops: drops.map(told), aheadMilliseconds: 0, lifetimeSeconds: 3_600 }
  const sessionsTold = all.map(told)
  return () => decideEnds(sessionsTold, grounds, at(10))
}

/** A list as a service sends it, of so many entries with four users each. */
const listOf = (entries: number): Buffer =>
  Buffer.from(
    JSON.stringify({
      tenant: 'contoso',
      sequence: entries,
      hintSeconds: 15,
      drops: Array.from({ length: entries }, (_, index) => ({
        kind: 'key',
        value: `${index}`.padStart(64, '0'),
        at: '2026-03-02T10:00:00Z',
        until: null,
        users: [0, 1, 2, 3].map((nth) => ({
          upn: `${nth}-${index}@${'d'.repeat(450)}`,
          objectId: '6f1f2f0a-1c3b-4c55-9d3e-0a2b3c4d5e6f',
        })),
      })),
    }),
  )

const { signal } = new AbortController()

describe('a guard of 5,000 sessions', () => {
  it('decides about them by a list of 10,000 entries without comparing each with each', () => {
    const large = lookOf(5_000, 10_000)
    const before = process.memoryUsage().heapUsed
    expect(large()).toHaveLength(50)
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(mostHeapOctets)
    const readsOf = (sessions: number, entries: number): number => {
      let reads = 0
      lookOf(sessions, entries, () => void (reads += 1))()
      return reads
    }
    expect(readsOf(5_000, 10_000) / readsOf(5_000 / times, 10_000 / times)).toBeLessThan(2 * times)
  })

  it('reads the longest list there is in a time that grows with its length', () => {
    const parse = (octets: Buffer) => () => parseDropList(parseJson(octets, Error, 200_000), Error)
    const [large, small] = [listOf(5_000), listOf(5_000 / times)]
    expect(large.length).toBeGreaterThan(maxDropListOctets * 0.8)
    expect(large.length).toBeLessThanOrEqual(maxDropListOctets)
    const before = process.memoryUsage().heapUsed
    expect(parse(large)().drops).toHaveLength(5_000)
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(mostHeapOctets)
    // What read all of it for each entry would take four hundred times as long.
    expect(leastOf(parse(large)) / leastOf(parse(small))).toBeLessThan(8 * times)
  })

  it('reads the certificate of each session of OpenVPN, more than a process may open at once, and reads it once', async () => {
    await using world = await createWorld()
    const { entry } = await world.enroll()
    const certificates = await temporaryFolder()
    const since = Math.floor(entry.notBefore.getTime() / 1000)
    const addresses = Array.from({ length: 2_000 }, (_, index) => `10.20.${index >> 8}.${index & 255}`)
    const pem = encodePem('CERTIFICATE', entry.certificate)
    for (const address of addresses) await writeFile(join(certificates, `${address}-${since}.pem`), pem)
    const rows = addresses.map((address, index) => `CLIENT_LIST\tu${index}\t${address}\t${since}\t${index}`)
    const socket = await socketServer((connection) => {
      connection.write('>INFO:OpenVPN Management Interface Version 5\r\n')
      connection.on('data', () =>
        connection.write(
          [
            'HEADER\tCLIENT_LIST\tCommon Name\tVirtual Address\tConnected Since (time_t)\tClient ID',
            ...rows,
            'END',
            '',
          ].join('\r\n'),
        ),
      )
    })
    const server = openVpnServer({ socket, certificates, now: () => world.now })
    const known = async () =>
      (await server.sessions(signal)).filter((one) => one.certificates.length === 1).length
    expect(await known()).toBe(2_000)
    await rm(certificates, { recursive: true })
    expect(await known()).toBe(2_000)
  })
})
