import { readFileSync } from 'node:fs'

const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0)

/** Ticks of a second in /proc: USER_HZ, which is 100 on every Linux. */
const ticksPerSecond = 100

/** Reads utime and stime from a line of /proc/PID/stat; the name of the program may hold anything, spaces and parentheses too. */
export const parseProcessorTicks = (stat: string): number => {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  // Of proc(5) the third field is the first behind the name: utime is the 14th, stime the 15th.
  const ticks = Number(fields[11]) + Number(fields[12])
  if (Number.isNaN(ticks)) throw new Error('Cannot read /proc: its stat has no times.')
  return ticks
}

/** Reads the resident memory, in octets, from /proc/PID/status. */
export const parseResidentOctets = (status: string): number => {
  const [, kibibytes] = /^VmRSS:\s+(\d+) kB$/m.exec(status) ?? []
  if (kibibytes === undefined) throw new Error('Cannot read /proc: its status has no VmRSS.')
  return Number(kibibytes) * 1024
}

const read = (pid: number, file: string): string => readFileSync(`/proc/${pid}/${file}`, 'utf8')

/** Lists a process and all that it started and has not ended. */
const treeOf = (pid: number): readonly number[] => {
  const children = read(pid, `task/${pid}/children`).trim().split(' ').filter(Boolean).map(Number)
  return [pid, ...children.flatMap(treeOf)]
}

/** What a process and its children took of the machine, as the system counts it. */
export interface ProcessCost {
  /** Of all their threads, since they began. */
  readonly processorMicroseconds: number
  readonly residentOctets: number
}

/** Asks the system. */
export const processCost = (pid: number): ProcessCost => {
  const tree = treeOf(pid)
  const ticks = sum(tree.map((one) => parseProcessorTicks(read(one, 'stat'))))
  return {
    processorMicroseconds: (ticks / ticksPerSecond) * 1_000_000,
    residentOctets: sum(tree.map((one) => parseResidentOctets(read(one, 'status')))),
  }
}

/** One collection of garbage as `GCProfiler` of node:v8 tells of it. */
interface Collection {
  readonly beforeGC: { readonly heapStatistics: { readonly usedHeapSize: number } }
  readonly afterGC: { readonly heapStatistics: { readonly usedHeapSize: number } }
}

/** What a heap held when a profile of its collections began, and when it ended. */
export interface HeapUsed {
  readonly atFirst: number
  readonly atLast: number
}

/** Counts the octets that were allocated: what is used before a collection, and was not after the one before it. */
export const allocatedIn = (collections: readonly Collection[], { atFirst, atLast }: HeapUsed): number => {
  const before = collections.map(({ beforeGC }) => beforeGC.heapStatistics.usedHeapSize)
  const after = collections.map(({ afterGC }) => afterGC.heapStatistics.usedHeapSize)
  return sum([...before, atLast]) - sum([atFirst, ...after])
}
