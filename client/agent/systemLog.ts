import { win32 } from 'node:path'
import { agentEvents } from './agentEvents.ts'
import type { AgentEvent } from './agentEvent.ts'

/** What of a machine takes its log; tests have their own. */
export interface SystemLogPlace {
  readonly platform: NodeJS.Platform
  readonly environment: Readonly<Record<string, string | undefined>>
  /** What standard error is, as the system numbers it. */
  readonly standardError: { readonly dev: number; readonly ino: number } | undefined
  /** Writes a line to standard error. */
  readonly write: (line: string) => void
  /** Runs a program to its end, however that is. */
  readonly run: (program: string, args: readonly string[]) => Promise<void>
}

/** Takes an event, and its line. */
export type SystemLog = (event: AgentEvent, line: string) => void

/** Whether standard error is the journal's (systemd.exec(5)). */
const isJournal = ({ environment, standardError }: SystemLogPlace): boolean =>
  standardError !== undefined && environment['JOURNAL_STREAM'] === `${standardError.dev}:${standardError.ino}`

const types = { info: 'INFORMATION', warning: 'WARNING', error: 'ERROR' } as const

/** Of a text that is longer, eventcreate takes nothing. */
const mostCharacters = 1_000

/** So many events wait for programs that take their time; what comes then is in the file alone. */
const mostWaiting = 100

/** Writes to the log "Application" of Windows, one after the other. */
const eventLog = ({ environment, run }: SystemLogPlace): SystemLog => {
  const program = win32.join(environment['SystemRoot'] ?? 'C:\\Windows', 'System32', 'eventcreate.exe')
  let [waiting, last] = [0, Promise.resolve()]
  return ({ kind, level, text }) => {
    if (waiting >= mostWaiting) return
    waiting += 1
    const id = String(agentEvents[kind].id)
    const words = ['/L', 'APPLICATION', '/SO', 'Mayfly', '/T', types[level], '/ID', id]
    const args = [...words, '/D', text.slice(0, mostCharacters)]
    last = last
      .then(() => run(program, args))
      .catch(() => undefined)
      .finally(() => (waiting -= 1))
  }
}

/** Opens the log of the system for whoever writes a file of its own as well; undefined where there is none. */
export const systemLog = (place: SystemLogPlace): SystemLog | undefined => {
  if (place.platform === 'win32') return eventLog(place)
  return isJournal(place) ? (_, line) => place.write(line) : undefined
}
