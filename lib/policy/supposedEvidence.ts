import type { DeviceEvidence, DirectoryAnswer } from './signals/deviceEvidence.ts'
import type { FactName, FactReport, FactSource } from './signals/factKinds.ts'
import { platforms } from './signals/signal.ts'

/** Evidence as it may turn out, and the facts of which sources may then still say what is wanted. */
export interface SupposedEvidence {
  readonly evidence: DeviceEvidence
  readonly untold: ReadonlySet<FactName>
}

const proven = (directory: DirectoryAnswer): DirectoryAnswer => ({
  ...directory,
  proofs: Object.fromEntries(
    Object.entries(directory.proofs).map(([proof, said]) => [proof, said === 'unknown' ? 'yes' : said]),
  ),
})

/** Supposes a platform where nobody else tells it; else the sources may agree with whoever does. */
const platformReports = (
  silent: readonly FactReport[],
  told: readonly FactReport[],
): readonly (readonly FactReport[])[] => {
  const [first] = silent.filter(({ fact }) => fact === 'platform')
  if (!first || told.some(({ fact }) => fact === 'platform')) return [[]]
  return platforms.map((value) => [{ ...first, value }])
}

/** Supposes of sources that said nothing what they may still say: a platform at a time, and whatever is wanted of other facts. */
export const supposedEvidence = (
  evidence: DeviceEvidence | undefined,
  sources: ReadonlySet<FactSource>,
): readonly SupposedEvidence[] => {
  if (!evidence) return []
  const { facts, directory, troubles } = evidence
  const isSilent = ({ source, value }: FactReport) => sources.has(source) && value === undefined
  const silent = facts.filter(isSilent)
  const told = facts.filter((report) => !isSilent(report))
  const untold = new Set(silent.map(({ fact }) => fact))
  return platformReports(silent, told).map((platform) => ({
    evidence: {
      facts: [...told, ...platform],
      directory: directory && sources.has('directory') ? proven(directory) : directory,
      troubles,
    },
    untold,
  }))
}
