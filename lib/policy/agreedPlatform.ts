import type { FactReport } from './signals/factKinds.ts'
import { type Platform, platforms, type Signal } from './signals/signal.ts'

/** Gives the platform that every report of it tells; undefined where one tells another, or nothing. */
export const agreedPlatform = (facts: readonly FactReport[]): Signal<Platform> => {
  const [first, ...more] = facts.filter(({ fact }) => fact === 'platform')
  if (!first || more.some(({ value }) => value !== first.value)) return undefined
  return first.value === null ? null : platforms.find((platform) => platform === first.value)
}
