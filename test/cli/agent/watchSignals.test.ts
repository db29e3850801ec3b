import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import { watchSignals } from '../../../cli/agent/watchSignals.ts'
import { Refusal } from '../../../lib/errors/refusal.ts'
import { simulatedTime } from '../../client/agent/simulatedTime.ts'

const names = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const

/** Watches in this process, until the test ends. */
const watching = () => {
  const before = names.map((name) => process.listeners(name))
  onTestFinished(() => {
    names.forEach((name, index) => {
      for (const listener of process.listeners(name))
        if (!before[index]?.includes(listener)) process.removeListener(name, listener)
    })
  })
  const { world, events } = simulatedTime(new Date(0), 1)
  return { signals: watchSignals(), world, events }
}

describe('watchSignals()', () => {
  it('loads once for each SIGHUP, one after the other', async () => {
    const { signals, world } = watching()
    const order: string[] = []
    let loads = 0
    const next = signals.onReload(async () => {
      const number = (loads += 1)
      order.push(`begin ${number}`)
      await sleep(number === 1 ? 50 : 0)
      order.push(`end ${number}`)
    }, world)
    const first = next()
    process.emit('SIGHUP')
    process.emit('SIGHUP')
    await new Promise((resolve) => first.addEventListener('abort', resolve))
    const second = next()
    await new Promise((resolve) => second.addEventListener('abort', resolve))
    expect(order).toEqual(['begin 1', 'end 1', 'begin 2', 'end 2'])
  })

  it('reports a load that fails, and goes on; before there is anything to load it does nothing', async () => {
    const { signals, world, events } = watching()
    process.emit('SIGHUP')
    await sleep(0)
    let isBroken = true
    const next = signals.onReload(async () => {
      if (isBroken) throw new Refusal('configuration-invalid', 'Cannot use it.')
    }, world)
    const reload = next()
    process.emit('SIGHUP')
    await sleep(10)
    expect([reload.aborted, events.map(({ text }) => text)]).toEqual([
      false,
      ['Cannot reload: Cannot use it.'],
    ])
    isBroken = false
    process.emit('SIGHUP')
    await new Promise((resolve) => reload.addEventListener('abort', resolve))
    expect(events).toHaveLength(1)
  })
})
