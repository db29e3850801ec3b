import type { FactName, FactReport, FactSource } from './factKinds.ts'

/** The facts that Intune tells of a device. The platform is not among them: the device's record tells that already. */
export const intuneFacts = [
  'osVersion',
  'osBuild',
  'systemDriveEncrypted',
  'jailBroken',
  'threatLevel',
  'managementState',
] as const satisfies readonly FactName[]

/** The attributes of a device that its record in the directory tells, by the names of device filters. */
export const directoryAttributes: readonly string[] = [
  'deviceId',
  'displayName',
  'isCompliant',
  'operatingSystem',
  'operatingSystemVersion',
  'trustType',
]

/** Who of the directory tells a fact. */
export interface SuppliedFact {
  readonly fact: FactName
  readonly source: Extract<FactSource, 'directory' | 'intune'>
}

const suppliedBy =
  (source: SuppliedFact['source']) =>
  (fact: FactName): SuppliedFact => ({ fact, source })

/**
 * Lists the facts that the directory tells. A device's record knows the version of its system as it was when somebody last
 * signed in: where Intune, which is told of updates, is asked, the record is not.
 */
export const factsOfDirectory = ({ intune }: { readonly intune: boolean }): readonly SuppliedFact[] =>
  intune
    ? [{ fact: 'platform', source: 'directory' }, ...intuneFacts.map(suppliedBy('intune'))]
    : (['platform', 'osVersion', 'osBuild'] as const).map(suppliedBy('directory'))

/** Makes a report of each fact of which nothing is known. */
export const silentFacts = (from: { readonly intune: boolean }): readonly FactReport[] =>
  factsOfDirectory(from).map((supplied) => ({ ...supplied, value: undefined, at: undefined }))
