import { describe, expect, it } from 'vitest'
import { believedAhead } from '../../../client/agent/believedAhead.ts'
import { keepCredential } from '../../../client/agent/keepCredential.ts'
import { keptCredential } from '../../../client/agent/keptCredential.ts'
import { runAgent } from '../../../client/agent/runAgent.ts'
import { openServiceClock } from '../../../client/agent/serviceClock.ts'
import { problemReply } from '../serve.ts'
import { credentialInMemory } from './credentialInMemory.ts'
import { simulatedTime } from './simulatedTime.ts'
import { type Instead, standInService } from './standInService.ts'

const begin = new Date('2026-03-02T08:00:00Z')
const minute = 60_000
const hour = 60 * minute
const day = 24 * hour

describe('believedAhead()', () => {
  const learned = begin.toISOString()
  const after = (milliseconds: number) => ({ startedAt: () => new Date(begin.getTime() + milliseconds) })

  it.each<readonly [string, number, { startedAt: () => Date | undefined }, string | undefined, number]>([
    ['ahead, by as much as before', -7200, after(0), learned, -7200],
    ['ahead, after a minute of drift', -7200, after(minute), learned, -7200],
    ['ahead, and was set forward', -7200, after(minute + 1), learned, 0],
    ['ahead, and was set back', -7200, after(-minute - 1), learned, 0],
    ['ahead, on a machine that does not tell its start', -7200, { startedAt: () => undefined }, learned, 0],
    ['ahead, as an agent remembered that knew no start', -7200, after(0), undefined, 0],
    ['behind, by as much as before', 7200, after(0), learned, 7200],
    ['behind, and was set', 7200, after(2 * hour), learned, 7200],
  ])('is asked of a clock that was %s', (_, clockAheadSeconds, machine, machineStartedAt, believed) => {
    expect(believedAhead({ clockAheadSeconds, machineStartedAt }, machine)).toBe(believed)
  })
})

type Time = ReturnType<typeof simulatedTime>

const setRight = (time: Time) => time.setClock(0)
const reboot = (time: Time) => time.reboot()
const nothing = () => undefined

/**
 * A machine with a service and a credential. Six hours at the most pass, and something happens after three. Certificates live an
 * hour, and are renewed after 35 to 50 minutes.
 */
const machine = async (wrong: number, instead?: Instead) => {
  const time = simulatedTime(begin, 8)
  time.setClock(wrong)
  const service = await standInService(time.now, instead)
  const spec = credentialInMemory(service.url)
  const isValid = () => {
    const held = spec.inUse()
    return held !== undefined && held.notBefore <= time.now() && time.now() < held.notAfter
  }
  /** Looks once, as a program that is started for it. */
  const look = async () => {
    const clock = openServiceClock(time.world, believedAhead(await spec.state.read(), time.world))
    return keepCredential(spec, { world: time.world, clock, signal: new AbortController().signal })
  }
  return { time, service, spec, isValid, look }
}

const wrongClocks: readonly (readonly [string, number])[] = [
  ['2 h ahead', 2 * hour],
  ['2 h behind', -2 * hour],
  ['10 years ahead', 3652 * day],
  ['56 years behind', -20_454 * day],
]

/** What happens, and what certificates that costs more than a right clock does. */
const happenings: readonly (readonly [string, (time: Time) => void, number])[] = [
  ['stays as it is', nothing, 0],
  ['is set right', setRight, 1],
  ['goes on after a start of the machine', reboot, 1],
]

const cases = wrongClocks.flatMap(([clock, wrong]) =>
  happenings.map(([what, happen, more]) => ({ clock, wrong, what, happen, more })),
)

describe.each(cases)('a clock that is $clock and $what', ({ wrong, happen, more }) => {
  it('costs one certificate where a program is started three times at once', async () => {
    const { time, service, isValid, look } = await machine(wrong)
    for (let run = 0; run < 3; run += 1) await look()
    expect(service.served).toHaveLength(1)
    time.sleep(minute)
    happen(time)
    for (let run = 0; run < 3; run += 1) await look()
    expect(service.served.length).toBeLessThanOrEqual(1 + more)
    expect(isValid()).toBe(true)
  })

  it('has a program that looks every 5 minutes keep a valid certificate', async () => {
    const { time, service, isValid, look } = await machine(wrong)
    const valid: boolean[] = []
    for (let run = 0; run < 72; run += 1) {
      if (run === 37) happen(time)
      await look()
      valid.push(isValid())
      time.sleep(5 * minute)
      valid.push(isValid())
    }
    expect(valid).not.toContain(false)
    expect(service.served.length).toBeLessThanOrEqual(11 + more)
  })

  it('has an agent that is started anew each 20 minutes keep a valid certificate', async () => {
    const { time, service, spec, isValid } = await machine(wrong)
    const valid: boolean[] = []
    for (let run = 0; run < 18; run += 1) {
      const [stop, from] = [new AbortController(), time.now().getTime()]
      if (run === 9) time.at(new Date(from + 7 * minute), () => happen(time))
      for (let at = 1; at < 20; at += 1) time.at(new Date(from + at * minute), () => valid.push(isValid()))
      time.at(new Date(from + 20 * minute), () => stop.abort())
      await time.run(() => runAgent([keptCredential(spec)], time.world, stop.signal))
    }
    expect(valid).toHaveLength(18 * 19)
    expect(valid).not.toContain(false)
    expect(service.served.length).toBeLessThanOrEqual(11 + more)
  })
})

it('a refusal tells the time as well: what is held is not taken for ended again', async () => {
  let isRefusing = false
  const refuse = () => (isRefusing ? problemReply(403, 'device-not-compliant') : undefined)
  const { time, service, look } = await machine(2 * hour, refuse)
  await look()
  isRefusing = true
  time.reboot()
  expect((await look()).error?.code).toBe('device-not-compliant')
  expect((await look()).error).toBeUndefined()
  expect(service.served).toHaveLength(2)
})
