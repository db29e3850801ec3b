import { randomUUID } from 'node:crypto'
import { readdir, rm, stat, truncate, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { lifeOf, ownMark, parseMark, type ProcessLife, type ProcessMark, printMark } from './processMark.ts'

/** The right to a lock: a file in its folder, which is named by its number. */
export interface LockTicket {
  readonly number: number
  readonly file: string
}

/** How the latest ticket of a lock is. */
export type TicketTrace =
  /** Nobody has it: it was given back, or there never was one. */
  | { readonly kind: 'free' }
  /** It was passed on while it was looked at. */
  | { readonly kind: 'gone' }
  /** Whoever has it changes the trace with each beat. */
  | { readonly kind: 'held'; readonly trace: string; readonly life: ProcessLife }

const released = 'released'

const isCode = (error: unknown, code: string): boolean => (error as NodeJS.ErrnoException).code === code

/** What is in the folder of a lock: tickets, the latest first, and marks of the processes that would have one. */
interface Listed {
  readonly tickets: readonly LockTicket[]
  readonly marks: readonly (ProcessMark & LockTicket)[]
}

/** A ticket is named `7`, a mark `7-`, the process and a word of its own: names take no room on a full disk. */
const list = async (folder: string): Promise<Listed> => {
  const names = await readdir(folder)
  const found = names.flatMap((name) => {
    const [, number = '', said] = /^(\d{1,15})(?:-(.+)-[0-9a-f]{8})?$/.exec(name) ?? []
    return number === '' ? [] : [{ number: Number(number), file: join(folder, name), said }]
  })
  return {
    tickets: found
      .filter(({ said }) => said === undefined)
      .toSorted((one, other) => other.number - one.number),
    marks: found.flatMap(({ said = '', ...one }) => {
      const mark = parseMark(said)
      return mark ? [{ ...one, ...mark }] : []
    }),
  }
}

/** Whoever has a ticket made its mark before; of those who came late for it some may have theirs still. */
const lifeOfHolder = (number: number, { marks }: Listed): ProcessLife => {
  const lives = marks.filter((mark) => mark.number === number).map(lifeOf)
  const [first = 'unknown'] = lives
  return lives.every((life) => life === first) ? first : 'unknown'
}

const traceOf = async (
  folder: string,
  { number, file }: LockTicket,
  listed: Listed,
): Promise<TicketTrace> => {
  try {
    const { size, mtimeMs, ino } = await stat(file)
    if (size > 0) return { kind: 'free' }
    // A mark that was made while the folder was listed may not be there: by now it is.
    const life =
      lifeOfHolder(number, listed) === 'unknown' ? 'unknown' : lifeOfHolder(number, await list(folder))
    return { kind: 'held', trace: `${ino} ${mtimeMs}`, life }
  } catch (error) {
    if (isCode(error, 'ENOENT')) return { kind: 'gone' }
    throw error
  }
}

/** Looks at the latest ticket of a lock, whose number is 0 where there is none. */
export const lookAtTicket = async (
  folder: string,
): Promise<{ readonly number: number; readonly seen: TicketTrace }> => {
  const listed = await list(folder).catch((error: unknown) => {
    if (isCode(error, 'ENOENT')) return { tickets: [], marks: [] }
    throw error
  })
  const [latest] = listed.tickets
  if (!latest) return { number: 0, seen: { kind: 'free' } }
  return { number: latest.number, seen: await traceOf(folder, latest, listed) }
}

/** Makes a file unless it is there. */
const make = (file: string): Promise<boolean> =>
  writeFile(file, '', { flag: 'wx', mode: 0o644 }).then(
    () => true,
    (error: unknown) => {
      if (isCode(error, 'EEXIST')) return false
      throw error
    },
  )

/**
 * Draws the ticket after one that is given back, or whose holder has ended. A file is made by one process only; numbers only
 * grow, so whoever finds a greater one came late, and gets none.
 */
export const drawTicket = async (folder: string, after: number): Promise<LockTicket | undefined> => {
  const mine = { number: after + 1, file: join(folder, String(after + 1)) }
  // One of its own: what a process gives up for one ticket, it may have for another.
  const mark = `${mine.file}-${printMark(ownMark())}-${randomUUID().slice(0, 8)}`
  await make(mark)
  const isDrawn = await make(mine.file)
  const { tickets, marks } = await list(folder)
  if (isDrawn && tickets[0]?.number === mine.number) {
    for (const { number, file } of [...tickets, ...marks])
      if (number < mine.number) await rm(file, { force: true })
    return mine
  }
  if (isDrawn) await rm(mine.file, { force: true })
  await rm(mark, { force: true })
  return undefined
}

/** Shows that whoever has a ticket lives. @returns whether the ticket is there: one that is gone was taken for lost, or removed */
export const beatTicket = ({ file }: LockTicket, now: Date): Promise<boolean> =>
  utimes(file, now, now).then(
    () => true,
    (error: unknown) => !isCode(error, 'ENOENT'),
  )

/** Gives a ticket back. A length takes no room on a full disk. */
export const releaseTicket = ({ file }: LockTicket): Promise<void> =>
  truncate(file, released.length).catch(() => undefined)
