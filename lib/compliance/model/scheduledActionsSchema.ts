import * as z from 'zod'
import { typeName } from '../../policy/model/graphType.ts'
import { addReason } from '../../policy/model/rejection.ts'

const action = z
  .strictObject({
    [typeName]: z.string().optional(),
    id: z.string().optional(),
    gracePeriodHours: z.number().min(0, 'must be at least 0').default(0),
    actionType: z.enum([
      'noAction',
      'notification',
      'block',
      'retire',
      'wipe',
      'removeResourceAccessProfiles',
      'pushNotification',
      'remoteLock',
    ]),
    notificationTemplateId: z.string().optional(),
    notificationMessageCCList: z.array(z.string()).optional(),
  })
  .transform(({ actionType, gracePeriodHours }, context) => {
    if (actionType === 'block' && gracePeriodHours > 0)
      addReason(
        context,
        gracePeriodHours,
        'must be 0: nothing is refused in a grace period, so nothing here knows when it began',
        ['gracePeriodHours'],
      )
    return actionType
  })

/** Reads what Intune does about a device that is not compliant, and gives what means nothing here: all but `block`. */
export const scheduledActionsSchema = z
  .array(
    z.strictObject({
      [typeName]: z.string().optional(),
      id: z.string().optional(),
      ruleName: z.string().optional(),
      scheduledActionConfigurations: z.array(action).default([]),
    }),
  )
  .default([])
  .transform((rules): readonly string[] => [
    ...new Set(
      rules.flatMap((rule) => rule.scheduledActionConfigurations).filter((name) => name !== 'block'),
    ),
  ])
