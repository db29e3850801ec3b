import { usedFacts } from '../compliance/usedFacts.ts'
import type { Policies } from './compilePolicies.ts'
import type { DeviceEvidence } from './signals/deviceEvidence.ts'
import type { Signal } from './signals/signal.ts'
import type { DeviceAttributes, Signals } from './signals/signals.ts'

const recordedDevice = (
  device: Signal<DeviceAttributes>,
  { attributesAsked }: Policies,
): Signal<DeviceAttributes> =>
  device &&
  Object.fromEntries(
    Object.entries(device).filter(([name]) => name === 'deviceId' || attributesAsked.has(name)),
  )

/**
 * Gives the signals that are kept: of the facts of the device, and of what the directory tells of it, what policies ask for
 * alone. They decide as all do.
 */
export const recordedSignals = (
  policies: Policies,
  signals: Signals,
  evidence: DeviceEvidence | undefined,
): Signals => {
  if (!signals.facts && !evidence?.directory) return signals
  const { facts: _, ...others } = signals
  return {
    ...others,
    ...(evidence?.directory ? { device: recordedDevice(signals.device, policies) } : {}),
    ...(policies.compliance.length === 0 ? {} : { facts: usedFacts(policies.compliance, signals) }),
  }
}
