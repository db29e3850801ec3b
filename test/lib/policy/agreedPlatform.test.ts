import { expect, it } from 'vitest'
import { agreedPlatform } from '../../../lib/policy/agreedPlatform.ts'
import type { FactValue } from '../../../lib/policy/signals/factKinds.ts'
import type { Signal } from '../../../lib/policy/signals/signal.ts'
import { report } from './evidenceCases.ts'

it.each<readonly [told: readonly Signal<FactValue>[], platform: Signal<string>]>([
  [[], undefined],
  [['windows'], 'windows'],
  [['windows', 'windows'], 'windows'],
  [['windows', 'macOS'], undefined],
  [['windows', undefined], undefined],
  [[undefined, 'windows'], undefined],
  [[null, null], null],
  [['windows', null], undefined],
  [['amiga'], undefined],
])('agreedPlatform() of %j is %j', (told, platform) => {
  const others = [report('osVersion', '10.0')]
  expect(agreedPlatform([...others, ...told.map((value) => report('platform', value))])).toBe(platform)
})
