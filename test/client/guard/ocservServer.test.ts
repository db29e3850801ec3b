import { chmod, readFile, writeFile } from 'node:fs/promises'
import { delimiter, dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ocservServer, parseUsers } from '../../../client/guard/ocservServer.ts'
import { temporaryFolder } from '../../local/temporaryFolder.ts'

const now = new Date('2026-11-29T11:30:00Z')
const { signal } = new AbortController()

/** What ocserv 1.1.6 told, of one user as they are, and of one whose common name is made of what means something. */
const users = String.raw`[
  {
    "ID":  8276,
    "Username":  "a\\,b\\;\\\"q\\\\'\u0009T\u000aEND\u000d{}\\<\\>",
    "State":  "connected",
    "Connected at":  "2026-11-29 11:22",
    "_Connected at":  " 7m:06s",
    "Full session":  "CaPUq7C5tAoZxtxPT6HDOGyv1wk=",
    "Session":  "CaPUq7",
    "DNS":	[],
    "Routes":	["10.0.0.0/255.0.0.0"]
  },

  {
    "ID":  8239,
    "Username":  "b_x.example\\#EXT\\#@contoso.example",
    "Connected at":  "2026-11-29 09:22",
    "_Connected at":  " 2h:08m",
    "Session":  "PxwnM2"
  }
]
`

/** Programs called occtl that answer with a file, and keep what they were told. */
const ocserv = async (answer = users) => {
  const folder = await temporaryFolder()
  const [file, told] = [join(folder, 'answer'), join(folder, 'told')]
  await writeFile(file, answer)
  const script = `#!/bin/sh
printf '%s\\n' "$TZ $*" >>'${told}'
case $4 in show) cat '${file}' ;; *) [ "$6" = 8239 ] || { echo "could not disconnect ID '$6'" >&2; exit 1; } ;; esac
`
  await writeFile(join(folder, 'occtl'), script, { mode: 0o755 })
  const environment = { PATH: [folder, process.env['PATH']].join(delimiter) }
  const socket = join(folder, 's')
  return { file, told, socket, server: ocservServer({ socket, now: () => now, environment }) }
}

describe.skipIf(process.platform === 'win32')('ocservServer()', () => {
  it('lists sessions by occtl, and ends one by its number alone', async () => {
    const { server, told, socket } = await ocserv()
    const sessions = await server.sessions(signal)
    expect(sessions.map(({ id, user, since }) => [id, user, since.toISOString()])).toEqual([
      ['8276', 'a,b;"q\\\'\tT\nEND\r{}<>', '2026-11-29T11:22:54.000Z'],
      ['8239', 'b_x.example#EXT#@contoso.example', '2026-11-29T09:22:59.000Z'],
    ])
    const ends = sessions.map((session) => ({
      session,
      kind: 'dropped' as const,
      text: '',
      facts: {},
      isFinal: true,
    }))
    const outcomes = await server.end(ends, signal)
    expect(outcomes).toEqual([
      { kind: 'failed', why: "occtl ended with 1 (could not disconnect ID '8276')" },
      { kind: 'ended' },
    ])
    expect((await readFile(told, 'utf8')).trim().split('\n')).toEqual([
      `UTC -s ${socket} -j show users`,
      `UTC -s ${socket} -j show users`,
      `UTC -s ${socket} -j disconnect id 8276`,
      `UTC -s ${socket} -j disconnect id 8239`,
    ])
  })

  it('does not end who has the number of a session by now', async () => {
    const { server, file } = await ocserv()
    const [, session] = await server.sessions(signal)
    if (!session) throw new Error('There is no session.')
    await writeFile(file, users.replace('PxwnM2', 'Other2'))
    const end = { session, kind: 'dropped' as const, text: '', facts: {}, isFinal: true }
    expect(await server.end([end], signal)).toEqual([{ kind: 'over' }])
  })

  it('names an occtl that fails, is missing, or tells something else', async () => {
    const failing = await ocserv('[{')
    await expect(failing.server.sessions(signal)).toRefuse('sessions-unknown', /is not JSON/)
    const other = await ocserv('{}')
    await expect(other.server.sessions(signal)).toRefuse('sessions-unknown', /no list of sessions/)
    const missing = ocservServer({ socket: other.socket, now: () => now, environment: { PATH: '/nowhere' } })
    await expect(missing.sessions(signal)).toRefuse('sessions-unknown', /ENOENT/)
    await chmod(dirname(other.socket), 0o777)
    await expect(other.server.sessions(signal)).toRefuse('path-shared')
  })
})

describe('parseUsers()', () => {
  const parse = (text: string) => parseUsers(Buffer.from(text), now, (why) => new Error(why))

  it('takes no sessions, and a second of a session', () => {
    expect(parse('[]')).toEqual([])
    const [session] = parse('[{"ID": 1, "Username": "a", "_Connected at": "    9s"}]') ?? []
    expect(session?.since).toEqual(new Date('2026-11-29T11:29:51Z'))
  })

  it.each([
    ['without a number', '[{"Username": "a", "_Connected at": "9s"}]'],
    ['whose number is a text', '[{"ID": "1; show", "_Connected at": "9s"}]'],
    ['without its beginning', '[{"ID": 1, "Connected at": "yesterday", "_Connected at": " ? "}]'],
  ])('takes nothing for a list with a session %s', (_, text) => expect(parse(text)).toBeUndefined())
})
