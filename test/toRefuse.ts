import { expect } from 'vitest'
import type { RefusalCode } from '../lib/errors/catalogue.ts'
import { Refusal } from '../lib/errors/refusal.ts'

/** A promise where what is refused is asynchronous, so that the linter misses an `await` there and only there. */
type Verdict<Received> = Received extends Promise<unknown> | (() => Promise<unknown>) ? Promise<void> : void

declare module 'vitest' {
  interface Assertion<R extends void | Promise<void>, T> {
    /** The function or promise throws a Refusal of this code, and of no other. */
    toRefuse(code: RefusalCode, detail?: RegExp): Verdict<T>
  }
}

const outcomeOf = async (received: unknown): Promise<unknown> => {
  try {
    await (typeof received === 'function' ? (received as () => unknown)() : received)
    return undefined
  } catch (error) {
    return error
  }
}

const verdict = (error: unknown, code: RefusalCode, detail?: RegExp) => {
  const pass = error instanceof Refusal && error.code === code && (detail?.test(error.detail) ?? true)
  const actual = error instanceof Error ? String(error) : 'no error was thrown'
  return {
    pass,
    message: () => `expected a refusal ${code}${detail ? ` matching ${detail}` : ''}: ${actual}`,
  }
}

expect.extend({
  toRefuse(received: unknown, code: RefusalCode, detail?: RegExp) {
    if (typeof received !== 'function') return outcomeOf(received).then((e) => verdict(e, code, detail))
    try {
      const value: unknown = (received as () => unknown)()
      if (value instanceof Promise) return outcomeOf(value).then((e) => verdict(e, code, detail))
      return verdict(undefined, code, detail)
    } catch (error) {
      return verdict(error, code, detail)
    }
  },
})
