import type { Members } from '../../tenants.ts'

const everybody = { target: { '@odata.type': '#microsoft.graph.allDevicesAssignmentTarget' } }

/** A compliance policy for Windows as Graph exports it, with these settings alone, for all devices unless told otherwise. */
export const windowsPolicy = (settings: Members, assignments: readonly Members[] = [everybody]): Members => ({
  '@odata.type': '#microsoft.graph.windows10CompliancePolicy',
  id: '6d6c1a0e-2f6d-4d0a-9a39-3f0f4d3c2b1a',
  displayName: 'Windows laptops',
  description: null,
  version: 3,
  scheduledActionsForRule: [
    { ruleName: null, scheduledActionConfigurations: [{ actionType: 'block', gracePeriodHours: 0 }] },
  ],
  assignments,
  ...settings,
})
