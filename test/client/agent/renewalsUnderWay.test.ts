import { describe, expect, it } from 'vitest'
import { renewalsUnderWay } from '../../../client/agent/renewalsUnderWay.ts'
import { credentialInMemory } from './credentialInMemory.ts'

const never = new AbortController().signal

/** A wait that ends by its signal alone, or at once. */
const waiting = (isOver: boolean) => ({
  wait: (_: number, signal: AbortSignal) =>
    new Promise<void>((resolve) => {
      if (isOver || signal.aborted) resolve()
      signal.addEventListener('abort', () => resolve())
    }),
})

describe('renewalsUnderWay()', () => {
  it('waits for what has begun, also where it fails, and for nothing else', async () => {
    const renewals = renewalsUnderWay()
    await renewals.ended(waiting(false), never)
    const order: string[] = []
    const { promise, reject } = Promise.withResolvers<void>()
    const spec = renewals.watched(credentialInMemory('http://127.0.0.1:9'))
    const acted = spec.exclusively(() => promise, never).catch(() => order.push('failed'))
    const ended = renewals.ended(waiting(false), never).then(() => order.push('ended'))
    await new Promise(setImmediate)
    expect(order).toEqual([])
    reject(new Error('no'))
    await Promise.all([acted, ended])
    expect(order).toContain('ended')
    await renewals.ended(waiting(false), never)
  })

  it('waits for nobody who waits for a lock, and not for ever', async () => {
    const renewals = renewalsUnderWay()
    const memory = credentialInMemory('http://127.0.0.1:9')
    const locked = renewals.watched({ ...memory, exclusively: () => new Promise(() => undefined) })
    void locked.exclusively(async () => undefined, never)
    await renewals.ended(waiting(false), never)
    void renewals.watched(memory).exclusively(() => new Promise(() => undefined), never)
    await renewals.ended(waiting(true), never)
    await renewals.ended(waiting(false), AbortSignal.abort())
  })
})
