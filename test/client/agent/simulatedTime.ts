import type { AgentEvent } from '../../../client/agent/agentEvent.ts'
import type { AgentWorld } from '../../../client/agent/agentWorld.ts'

interface Timer {
  readonly at: number
  readonly order: number
  readonly run: () => void
}

/** What comes at some time, the earliest first: a binary heap. */
const timers = () => {
  const heap: Timer[] = []
  const isBefore = (one: Timer, other: Timer) => one.at - other.at || one.order - other.order
  const swap = (one: number, other: number) => {
    ;[heap[one], heap[other]] = [heap[other] as Timer, heap[one] as Timer]
  }
  let order = 0
  return {
    add(at: number, run: () => void) {
      heap.push({ at, order: order++, run })
      for (let index = heap.length - 1; index > 0;) {
        const parent = (index - 1) >> 1
        if (isBefore(heap[parent] as Timer, heap[index] as Timer) <= 0) return
        swap(index, parent)
        index = parent
      }
    },
    next(): Timer | undefined {
      const [first] = heap
      const last = heap.pop()
      if (!first || !last || heap.length === 0) return first
      heap[0] = last
      for (let index = 0; ;) {
        const children = [2 * index + 1, 2 * index + 2].filter((child) => child < heap.length)
        const [least] = children.toSorted((a, b) => isBefore(heap[a] as Timer, heap[b] as Timer))
        if (least === undefined || isBefore(heap[index] as Timer, heap[least] as Timer) <= 0) return first
        swap(index, least)
        index = least
      }
    },
  }
}

/** A reproducible random number generator (mulberry32). */
export const seeded = (seed: number) => {
  let state = seed
  return (): number => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/**
 * Time that passes only while everybody waits: what happens over real connections takes none of it. Whoever was begun and does
 * not wait holds it.
 */
export const simulatedTime = (begin: Date, seed: number) => {
  const waiting = timers()
  const chance = seeded(seed)
  let now = begin.getTime()
  let busyOnes = 0
  // The clock of the machine is this far from the time; and for so long it slept.
  let [wrong, slept] = [0, 0]
  let started = begin.getTime() - 3_600_000
  let network = 'eth0 192.0.2.7/24'
  const events: (AgentEvent & { readonly at: Date })[] = []
  const goOn = () => {
    for (;;) {
      const timer = busyOnes === 0 ? waiting.next() : undefined
      if (!timer) return
      now = Math.max(now, timer.at)
      timer.run()
    }
  }
  const idle = () => {
    busyOnes -= 1
    setImmediate(goOn)
  }
  const world: AgentWorld = {
    now: () => new Date(now + wrong),
    clock: () => now - begin.getTime() - slept,
    startedAt: () => new Date(started + wrong),
    chance,
    wait: (milliseconds, signal) =>
      new Promise((resolve) => {
        const run = () => {
          busyOnes += 1
          resolve()
        }
        if (signal.aborted) return resolve()
        // Only the clock that stands still while the machine sleeps ends a wait.
        const until = world.clock() + milliseconds
        const awake = () => {
          const left = until - world.clock()
          // Less is what numbers are rounded by.
          if (left < 0.001) run()
          else waiting.add(now + left, awake)
        }
        waiting.add(now + milliseconds, awake)
        idle()
      }),
    network: () => network,
    environment: {},
    report: (event) => events.push({ ...event, at: new Date(now) }),
  }
  return {
    world,
    events,
    /** The time as it is, which no clock of the machine need tell. */
    now: () => new Date(now),
    /** Does something at a time, such as to set the clock. */
    at(time: Date, act: () => void) {
      waiting.add(time.getTime(), act)
    },
    setClock(milliseconds: number) {
      wrong = milliseconds
    },
    /** Has the machine start anew. */
    reboot() {
      started = now
    },
    setNetwork(text: string) {
      network = text
    },
    /** Lets the machine sleep: nobody does anything until it wakes up. */
    sleep(milliseconds: number) {
      now += milliseconds
      slept += milliseconds
    },
    /** Begins somebody who waits by this world. */
    async run<T>(work: () => Promise<T>): Promise<T> {
      busyOnes += 1
      try {
        return await work()
      } finally {
        idle()
      }
    },
  }
}
