import * as z from 'zod'
import { graphType, typeName } from '../../policy/model/graphType.ts'
import { addReason } from '../../policy/model/rejection.ts'
import type { VersionRange } from './compliancePolicy.ts'
import { version } from './requiresVersion.ts'
import type { SettingReader } from './settingReader.ts'

/** Bounds the ranges of one policy. */
const maxRanges = 500

const range = z
  .strictObject({
    [typeName]: graphType('operatingSystemVersionRange').optional(),
    description: z.string().optional(),
    lowestVersion: version.optional(),
    highestVersion: version.optional(),
  })
  .transform((given, context): VersionRange => {
    const { lowestVersion: from, highestVersion: to } = given
    if (from === undefined && to === undefined) addReason(context, given, 'names no version')
    return { from, to }
  })

const rangeWords = ({ from, to }: VersionRange): string => {
  if (from === undefined) return `${to} or earlier`
  return to === undefined ? `${from} or later` : `${from} to ${to}`
}

/** How many ranges people are told of. */
const told = 3

const wantedOf = (ranges: readonly VersionRange[]): string => {
  const more = ranges.length > told ? [`of ${ranges.length - told} more ranges`] : []
  return `version ${[...ranges.slice(0, told).map(rangeWords), ...more].join(', or ')}`
}

/** Reads the ranges of versions that are wanted, one of which is enough. */
export const requiresBuildRanges: SettingReader = (name) =>
  z
    .array(range)
    .max(maxRanges, `has more than ${maxRanges} ranges`)
    .optional()
    .transform((ranges = []) => {
      if (ranges.length === 0) return undefined
      const requirements = [{ fact: 'osVersion', kind: 'versionInAnyOf', ranges } as const]
      return { name, wanted: wantedOf(ranges), deed: 'update the operating system', requirements }
    })
