import { connect, type Socket } from 'node:net'
import { dirname } from 'node:path'
import { Refusal } from '../../lib/errors/refusal.ts'
import { checkUnshared } from '../checkUnshared.ts'
import { answerMilliseconds } from './vpnServer.ts'

/** A connection to a server on this machine. Reads end with the time there is, or with the connection. */
export interface Talk {
  write(octets: Uint8Array | string): void
  /** Reads exactly so many octets. */
  read(octets: number): Promise<Buffer>
  /** Reads until the end of a line, LF or CR LF, which is left out. */
  readLine(): Promise<string>
}

/** More than ten thousand sessions are told in. */
const mostOctets = 64 * 1024 * 1024

/** What came, and what waits for more. */
const openReader = (socket: Socket) => {
  let [held, total] = [Buffer.alloc(0), 0]
  let chunks: Buffer[] = []
  let wake: (() => void) | undefined
  let over: Error | undefined
  const end = (error: Error) => {
    over ??= error
    wake?.()
  }
  socket.on('data', (chunk: Buffer) => {
    total += chunk.length
    chunks.push(chunk)
    if (total > mostOctets) socket.destroy(new Error('it tells more than is read'))
    wake?.()
  })
  socket.on('error', end)
  socket.on('close', () => end(new Error('it closed the connection')))
  const take = (): void => {
    if (chunks.length === 0) return
    held = Buffer.concat([held, ...chunks])
    chunks = []
  }
  return async (octetsIn: (held: Buffer) => number | undefined): Promise<Buffer> => {
    for (;;) {
      take()
      const octets = octetsIn(held)
      if (octets !== undefined) {
        const found = held.subarray(0, octets)
        held = held.subarray(octets)
        return found
      }
      if (over) throw over
      await new Promise<void>((resolve) => (wake = resolve))
    }
  }
}

const talkOn = (socket: Socket): Talk => {
  const read = openReader(socket)
  return {
    write: (octets) => void socket.write(octets),
    read: (octets) => read((held) => (held.length >= octets ? octets : undefined)),
    async readLine() {
      const line = await read((held) => {
        const end = held.indexOf(0x0a)
        return end === -1 ? undefined : end + 1
      })
      return line.toString('utf8').replace(/\r?\n$/, '')
    },
  }
}

/** A server, and what it is reached by. */
export interface ServerSocket {
  /** For people. */
  readonly name: string
  /** The path of a Unix socket, in a folder that others cannot write to. */
  readonly path: string
}

/** Makes the refusal of a server that does not tell its sessions. */
export const sessionsUnknown = (name: string, why: string): Refusal =>
  new Refusal('sessions-unknown', `Cannot look at the sessions of ${name}: ${why}.`)

/**
 * Talks to a server, for ten seconds at the most: whatever happens, the connection is closed then.
 * @throws {Refusal} `sessions-unknown`, `path-shared`, or what `act` throws of that kind
 */
export const talkToSocket = async <T>(
  { name, path }: ServerSocket,
  act: (talk: Talk) => Promise<T>,
  signal: AbortSignal,
): Promise<T> => {
  // Others could pretend to be the server: it would have no sessions.
  await checkUnshared(dirname(path), 'the folder of the socket')
  const socket = connect(path)
  const late = AbortSignal.timeout(answerMilliseconds)
  const end = () => socket.destroy(new Error(late.aborted ? 'it does not answer in time' : 'it is over'))
  const ended = AbortSignal.any([signal, late])
  ended.addEventListener('abort', end)
  try {
    const talk = talkOn(socket)
    if (ended.aborted) end()
    return await act(talk)
  } catch (error) {
    if (error instanceof Refusal) throw error
    const { code, message } = error as NodeJS.ErrnoException
    throw sessionsUnknown(name, code ?? message)
  } finally {
    ended.removeEventListener('abort', end)
    socket.destroy()
  }
}
