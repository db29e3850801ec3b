import { createHash } from 'node:crypto'
import { readFileSync, readlinkSync } from 'node:fs'
import { hostname, networkInterfaces } from 'node:os'

/** Tells a process from every other, of this machine or another, now or later. */
export interface ProcessMark {
  /** Where ids of processes mean the same, 16 hexadecimal digits; empty where that cannot be told. */
  readonly place: string
  readonly pid: number
  /** When it began, as its system counts; empty where the system does not say. */
  readonly begun: string
}

/** What is known of a process: that it ended for certain, that it is stopped (SIGSTOP), or nothing, as of one that lives. */
export type ProcessLife = 'ended' | 'stopped' | 'unknown'

/** What Linux tells of a process, proc_pid_stat(5). */
interface ProcessStat {
  readonly state: string
  readonly threads: number
  readonly begun: string
}

const statOf = (pid: number): ProcessStat | undefined => {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1')
    // The name before it may hold anything.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    return { state: fields[0] ?? '', threads: Number(fields[17]), begun: fields[19] ?? '' }
  } catch {
    return undefined
  }
}

/** One start of one kernel, and what it counts processes and time by: containers count their own. */
const linuxPlace = (): string => {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()
    const spaces = ['pid', 'time'].map((name) => readlinkSync(`/proc/self/ns/${name}`))
    return [boot, ...spaces].join(' ')
  } catch {
    return ''
  }
}

/** A machine by its name and the addresses of its adapters: one that cannot be told from another is none that is known. */
const otherPlace = (): string => {
  const addresses = Object.values(networkInterfaces())
    .flatMap((found = []) => found.map(({ mac }) => mac))
    .filter((mac) => mac !== '00:00:00:00:00:00')
  return addresses.length === 0 ? '' : [hostname(), ...new Set(addresses.toSorted())].join(' ')
}

const placeHere = (): string => {
  const place = process.platform === 'linux' ? linuxPlace() : otherPlace()
  return place === '' ? '' : createHash('sha256').update(place).digest('hex').slice(0, 16)
}

/** Marks this process. */
export const ownMark = (): ProcessMark => ({
  place: placeHere(),
  pid: process.pid,
  begun: statOf(process.pid)?.begun ?? '',
})

/** Whether no process has an id. One of another user has it, although no signal may be sent to it. */
const isFree = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return false
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH'
  }
}

/**
 * Looks what became of a process. What another machine or container marked, or what is hidden from this process, is not known;
 * nor is what has an id that was given anew where the system does not say when processes began.
 */
export const lifeOf = ({ place, pid, begun }: ProcessMark): ProcessLife => {
  if (place === '' || place !== placeHere()) return 'unknown'
  if (isFree(pid)) return 'ended'
  const stat = statOf(pid)
  if (!stat || begun === '') return 'unknown'
  if (stat.begun !== begun) return 'ended'
  // Killed, but not waited for yet; what it wrote is done once its threads have ended.
  if (/^[ZX]$/.test(stat.state)) return stat.threads <= 1 ? 'ended' : 'unknown'
  return /^[Tt]$/.test(stat.state) ? 'stopped' : 'unknown'
}

/** Writes a mark as a part of a file name. */
export const printMark = ({ place, pid, begun }: ProcessMark): string =>
  `${pid}-${begun || '_'}-${place || '_'}`

/** Reads what printMark() wrote; undefined for anything else. */
export const parseMark = (text: string): ProcessMark | undefined => {
  const [, pid, begun = '', place = ''] = /^([1-9]\d{0,9})-(\d+|_)-([\da-f]{16}|_)$/.exec(text) ?? []
  if (pid === undefined) return undefined
  return { pid: Number(pid), begun: begun.replace('_', ''), place: place.replace('_', '') }
}
