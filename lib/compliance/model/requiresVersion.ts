import * as z from 'zod'
import type { VersionRange } from './compliancePolicy.ts'
import type { SettingReader, SettingWords } from './settingReader.ts'
import { buildParts, versionParts } from './versionParts.ts'

/** Reads a version. */
export const version = z
  .string()
  .refine((text) => versionParts(text) !== undefined, 'is no version (numbers between dots)')

const build = z.string().refine((text) => buildParts(text) !== undefined, 'is no build (such as 23F79)')

type Bound = 'from' | 'to'

const rangeOf = (bound: Bound, value: string): VersionRange => ({
  from: undefined,
  to: undefined,
  [bound]: value,
})

const boundWords = (bound: Bound, value: string): SettingWords =>
  bound === 'from'
    ? { wanted: `${value} or later`, deed: 'update the operating system' }
    : { wanted: `${value} or earlier`, deed: `go back to ${value} of the operating system` }

/** Reads one end of the versions of the operating system that are wanted. */
export const requiresVersion =
  (bound: Bound): SettingReader =>
  (name) =>
    version.optional().transform((value) => {
      if (value === undefined) return undefined
      const ranges = [rangeOf(bound, value)]
      const requirements = [{ fact: 'osVersion', kind: 'versionInAnyOf', ranges } as const]
      return { name, ...boundWords(bound, `version ${value}`), requirements }
    })

/** Reads one end of the builds of macOS that are wanted. */
export const requiresBuild =
  (bound: Bound): SettingReader =>
  (name) =>
    build.optional().transform((value) => {
      if (value === undefined) return undefined
      const requirements = [{ fact: 'osBuild', kind: 'buildIn', range: rangeOf(bound, value) } as const]
      return { name, ...boundWords(bound, `build ${value}`), requirements }
    })
