import * as z from 'zod'
import { graphType, typeName } from '../../policy/model/graphType.ts'
import { identifier } from '../../policy/model/identifiers.ts'
import { addReason } from '../../policy/model/rejection.ts'
import type { Assignment } from './compliancePolicy.ts'
import { unsupported } from './unsupported.ts'

/** Bounds the assignments of one policy. */
const maxAssignments = 500

const everybody = ['allDevicesAssignmentTarget', 'allLicensedUsersAssignmentTarget'] as const
const ofGroup = ['groupAssignmentTarget', 'exclusionGroupAssignmentTarget'] as const

export const nobody: Assignment = { all: false, groups: [], excludedGroups: [] }

/** Says that a policy is assigned to all, as Graph writes it. */
export const assignedToAll = [{ target: { [typeName]: '#microsoft.graph.allDevicesAssignmentTarget' } }]

const noFilter = 'no fact of the device tells what assignment filters ask for'

const target = z
  .strictObject({
    [typeName]: graphType(...everybody, ...ofGroup),
    groupId: identifier.optional(),
    deviceAndAppManagementAssignmentFilterId: unsupported(noFilter, '00000000-0000-0000-0000-000000000000'),
    deviceAndAppManagementAssignmentFilterType: unsupported(noFilter, 'none'),
  })
  .transform(({ [typeName]: kind, groupId }, context) => {
    const isOfGroup = ofGroup.some((name) => name === kind)
    if (isOfGroup !== (groupId !== undefined))
      addReason(context, groupId, isOfGroup ? 'is required' : `is not supported in ${kind}`, ['groupId'])
    return { kind, groupId: groupId ?? '' }
  })

type Target = z.output<typeof target>

const groupsOf = (targets: readonly Target[], wanted: Target['kind']): readonly string[] => [
  ...new Set(targets.filter(({ kind }) => kind === wanted).map(({ groupId }) => groupId)),
]

/** Reads whom a policy is assigned to: an empty list is nobody. */
export const assignmentsSchema = z
  .array(
    z.strictObject({
      [typeName]: z.string().optional(),
      id: z.string().optional(),
      source: z.string().optional(),
      sourceId: z.string().optional(),
      target,
    }),
  )
  .max(maxAssignments, `has more than ${maxAssignments} assignments`)
  .transform((assignments): Assignment => {
    const targets = assignments.map((assignment) => assignment.target)
    return {
      all: targets.some(({ kind }) => everybody.some((name) => name === kind)),
      groups: groupsOf(targets, 'groupAssignmentTarget'),
      excludedGroups: groupsOf(targets, 'exclusionGroupAssignmentTarget'),
    }
  })
