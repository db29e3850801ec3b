import { chmod, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { End } from '../../../client/guard/decideEnds.ts'
import { openVpnServer, parseStatus } from '../../../client/guard/openVpnServer.ts'
import type { Session } from '../../../client/guard/session.ts'
import { encodePem } from '../../../lib/x509/pemBlock.ts'
import { temporaryFolder } from '../../local/temporaryFolder.ts'
import { createWorld, testTime } from '../../world.ts'
import { socketServer } from './socketServer.ts'

const header =
  'HEADER\tCLIENT_LIST\tCommon Name\tReal Address\tVirtual Address\tVirtual IPv6 Address\tBytes Received\tBytes Sent\tConnected Since\tConnected Since (time_t)\tUsername\tClient ID\tPeer ID\tData Channel Cipher'

/** What OpenVPN 2.6.14 answered, of a user whose common name had a tab and ends of lines. */
const hostile = String.raw`a,b;"q\'_T_END_{}<>`

const row = (user: string, id: number, since = 1795951003) =>
  `CLIENT_LIST\t${user}\t127.0.0.1:36668\t10.9.0.${id + 2}\t\t1909\t2224\t2026-11-29 11:16:43\t${since}\tUNDEF\t${id}\t${id}\tAES-256-GCM`

const statusOf = (rows: readonly string[]) => [
  'TITLE\tOpenVPN 2.6.14 x86_64-pc-linux-gnu',
  'TIME\t2026-11-29 11:16:48\t1795951008',
  header,
  ...rows,
  'HEADER\tROUTING_TABLE\tVirtual Address\tCommon Name\tReal Address\tLast Ref\tLast Ref (time_t)',
  'ROUTING_TABLE\t10.9.0.3\tada@contoso.example\t127.0.0.1:36668\t2026-11-29 11:16:43\t1795951003',
  'GLOBAL_STATS\tdco_enabled\t0',
  'END',
]

/** A management socket, and what it was told. */
const management = async (rows: string[]) => {
  const told: string[] = []
  const behaviour = { greeting: ">INFO:OpenVPN Management Interface Version 5 -- type 'help' for more info" }
  const path = await socketServer((socket) => {
    socket.write(`${behaviour.greeting}\r\n`)
    let rest = ''
    socket.on('data', (octets: Buffer) => {
      const lines = (rest + octets.toString()).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) {
        told.push(line)
        const isKnown = /^client-kill (\d+) /.exec(line)
        const answer = isKnown
          ? [`${Number(isKnown[1]) < 10 ? 'SUCCESS' : 'ERROR'}: client-kill command`]
          : statusOf(rows)
        socket.write(`>CLIENT:ENV,x=1\r\n${answer.join('\r\n')}\r\n`)
      }
    })
  })
  const time = { now: new Date(1795951010000) }
  const certificates = await temporaryFolder()
  const server = openVpnServer({ socket: path, certificates, now: () => time.now })
  return { path, told, time, certificates, server, behaviour }
}

const { signal } = new AbortController()

const endOf = (session: Session | undefined, isFinal = false): End => {
  if (!session) throw new Error('There is no session.')
  return { session, kind: 'dropped', text: '', facts: {}, isFinal }
}

describe('openVpnServer()', () => {
  it('lists sessions, with the certificates that client-connect kept', async () => {
    const { server, certificates } = await management([row('ada@contoso.example', 0), row(hostile, 1)])
    await using world = await createWorld()
    const { entry } = await world.enroll()
    await writeFile(
      join(certificates, '10.9.0.2-1795951003.pem'),
      `text before\n${encodePem('CERTIFICATE', entry.certificate)}`,
    )
    await writeFile(join(certificates, '10.9.0.3-1795951003.pem'), 'no certificate')
    const [ada, other] = await server.sessions(signal)
    expect(ada).toMatchObject({
      id: '0',
      user: 'ada@contoso.example',
      since: new Date('2026-11-29T11:16:43Z'),
      certificates: [{ names: ['alice@contoso.example'], notAfter: entry.notAfter }],
    })
    expect(entry.notAfter > testTime).toBe(true)
    expect(other).toMatchObject({ id: '1', user: hostile, certificates: [] })
  })

  it('ends a session by its number alone: for good, or to come back with another certificate', async () => {
    const { server, told } = await management([row(hostile, 3), row('bob', 4)])
    const [one, other] = await server.sessions(signal)
    expect(await server.end([endOf(one, true), endOf(other)], signal)).toEqual([
      { kind: 'ended' },
      { kind: 'ended' },
    ])
    expect(told).toEqual(['status 3', 'status 3', 'client-kill 3 HALT', 'client-kill 4 RESTART'])
  })

  it('does not end who has the number of a session by now, and tells what OpenVPN refuses', async () => {
    const rows = [row('ada', 3), row('bob', 4), row('eve', 77)]
    const { server, told } = await management(rows)
    const listed = await server.sessions(signal)
    rows.splice(0, 2, row('carol', 3), row('bob', 4, 1795951009))
    const outcomes = await server.end(
      listed.map((one) => endOf(one)),
      signal,
    )
    expect(outcomes.map(({ kind }) => kind)).toEqual(['over', 'over', 'failed'])
    expect(told.filter((line) => line.startsWith('client-kill'))).toEqual(['client-kill 77 RESTART'])
  })

  it('does not tell OpenVPN again for the seconds that it takes, which would begin anew', async () => {
    const { server, time } = await management([row('ada', 3)])
    const [ada] = await server.sessions(signal)
    await server.end([endOf(ada)], signal)
    time.now = new Date(time.now.getTime() + 5_000)
    expect(await server.sessions(signal)).toEqual([])
    time.now = new Date(time.now.getTime() + 5_000)
    expect(await server.sessions(signal)).toHaveLength(1)
  })

  it.each([
    ['asks for a password', 'ENTER PASSWORD:'],
    ['is something else', 'HTTP/1.1 400 Bad Request'],
  ])('names what %s', async (_, greeting) => {
    const { server, behaviour } = await management([])
    behaviour.greeting = greeting
    await expect(server.sessions(signal)).toRefuse('sessions-unknown')
  })

  it('names a server that is away, closes, or does not answer before the signal', async () => {
    const options = { certificates: undefined, now: () => new Date() }
    const folder = await temporaryFolder()
    const away = openVpnServer({ socket: join(folder, 'none'), ...options })
    await expect(away.sessions(signal)).toRefuse('sessions-unknown', /ENOENT/)
    const closing = openVpnServer({ socket: await socketServer((socket) => socket.end('>INFO')), ...options })
    await expect(closing.sessions(signal)).toRefuse('sessions-unknown', /closed the connection/)
    const silent = openVpnServer({ socket: await socketServer(() => undefined), ...options })
    const stop = new AbortController()
    const looking = silent.sessions(stop.signal)
    stop.abort()
    await expect(looking).toRefuse('sessions-unknown')
  })

  it('talks to no socket that others could have made', async () => {
    const { path, server } = await management([])
    await chmod(dirname(path), 0o777)
    await expect(server.sessions(signal)).toRefuse('path-shared')
  })
})

describe('parseStatus()', () => {
  it('finds columns wherever a version has them, and passes over who is not in yet', () => {
    const lines = statusOf([row('UNDEF', 5).replace('10.9.0.7', '')])
    expect(parseStatus(lines)).toEqual([])
    const moved = ['HEADER\tCLIENT_LIST\tClient ID\tCommon Name\tConnected Since (time_t)\tVirtual Address']
    expect(parseStatus([...moved, 'CLIENT_LIST\t8\tada\t7\t10.9.0.2', 'END'])).toEqual([
      { id: '8', mark: '7 ada', user: 'ada', address: '10.9.0.2', sinceSeconds: 7 },
    ])
  })

  it.each([
    ['is cut', statusOf([row('ada', 1)]).slice(0, -1)],
    ['has no columns', ['CLIENT_LIST\tada', 'END']],
    ['has a number that is none', statusOf([row('ada', 1).replace('UNDEF\t1\t', 'UNDEF\t1; x\t')])],
    ['is an error', ['ERROR: unknown command']],
  ])('takes nothing for a list that %s', (_, lines) => expect(parseStatus(lines)).toBeUndefined())
})
