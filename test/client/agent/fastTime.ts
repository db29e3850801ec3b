// Lets time pass faster for what a program reads and waits for: `node --import`, with FAST_TIME="BEGIN FACTOR". Limits that are
// set by other timers, such as those of programs and requests, stay as they are.
import { createRequire, syncBuiltinESMExports } from 'node:module'
import type * as Timers from 'node:timers/promises'

const [begin = 0, factor = 1] = (process.env.FAST_TIME ?? '').split(' ').map(Number)
const [realNow, realClock, realInterval] = [Date.now, performance.now.bind(performance), setInterval]

const now = (): number => begin + (realNow() - begin) * factor

globalThis.Date = new Proxy(Date, {
  construct: (target, given: unknown[], made) =>
    Reflect.construct(target, given.length === 0 ? [now()] : given, made) as Date,
  get: (target, name) => (name === 'now' ? now : (Reflect.get(target, name) as unknown)),
})
performance.now = () => realClock() * factor
globalThis.setInterval = ((act: () => void, milliseconds: number) =>
  realInterval(act, milliseconds / factor)) as typeof setInterval

const timers = createRequire(import.meta.url)('node:timers/promises') as {
  setTimeout: typeof Timers.setTimeout
}
const realSleep = timers.setTimeout
timers.setTimeout = (milliseconds = 0, ...more) => realSleep(milliseconds / factor, ...more)
syncBuiltinESMExports()
