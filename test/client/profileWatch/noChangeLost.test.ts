import fc from 'fast-check'
import { expect, it } from 'vitest'
import { notApplied, type TunnelState } from '../../../client/vpnProfile/profilePlace.ts'
import { fuzzRuns } from '../../fuzzRuns.ts'
import { at, watchWorld } from './watchWorld.ts'

/** Something that happens while profiles are watched. */
type Happening =
  | { readonly kind: 'file'; readonly octet: number }
  | { readonly kind: 'broken file' | 'network' | 'sleep' | 'fault' | 'no fault' }
  | { readonly kind: 'tunnel'; readonly state: TunnelState }
  | { readonly kind: 'slow'; readonly seconds: number }

const happening: fc.Arbitrary<Happening> = fc.oneof(
  fc.record({ kind: fc.constant('file' as const), octet: fc.integer({ min: 0, max: 3 }) }),
  fc.record({ kind: fc.constantFrom('broken file', 'network', 'sleep', 'fault', 'no fault') }),
  fc.record({
    kind: fc.constant('tunnel' as const),
    state: fc.constantFrom<TunnelState>('up', 'down', 'unknown'),
  }),
  fc.record({ kind: fc.constant('slow' as const), seconds: fc.integer({ min: 0, max: 20 }) }),
)

const story = fc.array(fc.tuple(fc.integer({ min: 0, max: 200 }), happening), { maxLength: 12 })

it('no order of triggers loses a change (fault 8)', async () => {
  await fc.assert(
    fc.asyncProperty(story, async (happenings) => {
      const { run, place, sources, say, write, time, told } = await watchWorld()
      let seconds = 0
      const slow = (_: unknown, signal?: AbortSignal) =>
        time.world.wait(seconds * 1000, signal ?? new AbortController().signal)
      sources.pause = (signal) => slow('sources', signal)
      place.pause = slow
      const acts: Readonly<Record<Happening['kind'], (one: never) => void>> = {
        file: ({ octet }: { readonly octet: number }) => say(`10.${octet}.0.0/16`),
        'broken file': () => write('tenant = '),
        network: () => time.setNetwork(`wlan${Math.floor(time.world.chance() * 9)}`),
        sleep: () => time.sleep(120_000),
        fault: () => (place.fault = notApplied('Contoso', 'it cannot')),
        'no fault': () => (place.fault = undefined),
        tunnel: ({ state }: { readonly state: TunnelState }) => place.states.set('Contoso', state),
        slow: (one: { readonly seconds: number }) => (seconds = one.seconds),
      }
      for (const [second, one] of happenings) time.at(at(second), () => acts[one.kind](one as never))
      time.at(at(600), () => {
        seconds = 0
        place.fault = undefined
        place.states.clear()
        say('10.77.0.0/16')
      })
      await run(700)
      expect(place.routes()).toBe('10.77.0.0/16')
      // A tunnel that is up, or may be, was never touched, and nothing was done twice in vain.
      expect(told()).not.toContain('profile-foreign')
      expect(place.touchedWhileUp).toEqual([])
      expect(place.inVain).toEqual([])
    }),
    { numRuns: fuzzRuns(20) },
  )
})
