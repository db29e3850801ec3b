import * as z from 'zod'
import type { GraphDocument } from '../../policy/model/graphDocument.ts'
import { graphType, typeName } from '../../policy/model/graphType.ts'
import { displayName, identifier } from '../../policy/model/identifiers.ts'
import { type GraphFile, parseGraphFile } from '../../policy/model/parseGraphFile.ts'
import { addReason } from '../../policy/model/rejection.ts'
import { assignedToAll, assignmentsSchema, nobody } from './assignmentsSchema.ts'
import type { CompliancePlatform, CompliancePolicy, Setting } from './compliancePolicy.ts'
import { macOSSettings } from './macOSSettings.ts'
import { scheduledActionsSchema } from './scheduledActionsSchema.ts'
import type { SettingReader } from './settingReader.ts'
import { windowsSettings } from './windowsSettings.ts'

/** Bounds the compliance policies of a tenant. */
export const maxCompliancePolicies = 100

export interface CompliancePolicyOptions {
  /** Takes policies that come without `assignments` as assigned to all, and writes that into their documents. */
  readonly assignAll: boolean
}

const common = {
  [typeName]: z.string(),
  id: identifier.optional(),
  displayName,
  description: z.string().optional(),
  createdDateTime: z.string().optional(),
  lastModifiedDateTime: z.string().optional(),
  version: z.int().optional(),
  roleScopeTagIds: z.array(z.string()).optional(),
  scheduledActionsForRule: scheduledActionsSchema,
  assignments: assignmentsSchema.optional(),
  deviceThreatProtectionEnabled: z.boolean().default(false),
}

type Common = z.output<z.ZodObject<typeof common>>

/** Finds a level of threat without its switch, and a switch without its level. */
const checkThreatProtection = (
  isOn: boolean,
  settings: readonly Setting[],
  context: z.core.$RefinementCtx,
): void => {
  const level = 'deviceThreatProtectionRequiredSecurityLevel'
  const hasLevel = settings.some(({ name }) => name === level)
  if (isOn && !hasLevel) addReason(context, isOn, 'is required beside deviceThreatProtectionEnabled', [level])
  if (!isOn && hasLevel)
    addReason(context, isOn, `must be true beside ${level}`, ['deviceThreatProtectionEnabled'])
}

const meaninglessIn = (given: Common): readonly string[] => [
  ...((given.roleScopeTagIds ?? ['0']).join() === '0' ? [] : ['roleScopeTagIds']),
  ...given.scheduledActionsForRule.map((name) => `the action ${name}`),
]

const unassigned = 'is required: export with $expand=assignments, or assign to all with --assign-all'

const policySchema = (platform: CompliancePlatform, readers: Readonly<Record<string, SettingReader>>) => {
  const schemas = Object.fromEntries(Object.entries(readers).map(([name, read]) => [name, read(name)]))
  const settingsIn = (given: object): readonly Setting[] => {
    const read = given as Readonly<Record<string, Setting | undefined>>
    return Object.keys(schemas).flatMap((name) => read[name] ?? [])
  }
  return z.strictObject({ ...schemas, ...common }).transform((given, context): CompliancePolicy => {
    const settings = settingsIn(given)
    checkThreatProtection(given.deviceThreatProtectionEnabled, settings, context)
    if (settings.length === 0)
      addReason(context, given, 'asks for nothing: it sets no setting that is supported')
    if (given.assignments === undefined) addReason(context, undefined, unassigned, ['assignments'])
    return {
      id: given.id ?? given.displayName,
      displayName: given.displayName,
      platform,
      assignment: given.assignments ?? nobody,
      settings,
      meaningless: meaninglessIn(given),
    }
  })
}

const policySchemas = {
  windows10CompliancePolicy: policySchema('windows', windowsSettings),
  macOSCompliancePolicy: policySchema('macOS', macOSSettings),
} as const

const typed = z.looseObject({ [typeName]: graphType('windows10CompliancePolicy', 'macOSCompliancePolicy') })

/** Tells of a document of another type that it is one, and nothing else. */
const otherType = typed.transform((): CompliancePolicy => z.NEVER)

const parsePolicy = (document: GraphDocument): z.ZodSafeParseResult<CompliancePolicy> => {
  const type = typed.safeParse(document).data?.[typeName]
  const schema = type === undefined ? otherType : policySchemas[type]
  return schema.safeParse(document, { reportInput: true })
}

const assigned = (document: GraphDocument): GraphDocument => ({
  ...document,
  assignments: document['assignments'] ?? assignedToAll,
})

const otherKinds = [
  {
    members: ['conditions', 'grantControls'],
    reason: 'is a conditional-access policy, which `mayfly policy apply` takes',
  },
]

/**
 * Parses a file of Intune's compliance policies as Graph (beta) exports them: one, an array, or the list that Graph answers
 * with. Whatever is not understood is rejected, all of it at once.
 */
export const parseCompliancePolicies = (
  file: unknown,
  { assignAll }: CompliancePolicyOptions,
): GraphFile<CompliancePolicy> =>
  parseGraphFile(file, {
    parse: parsePolicy,
    most: maxCompliancePolicies,
    kept: { annotation: typeName, emptyList: 'assignments' },
    ...(assignAll ? { complete: assigned } : {}),
    otherKinds,
  })
