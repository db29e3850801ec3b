import { allOf, answerOf } from '../policy/signals/answerOf.ts'
import type { DirectoryAnswer } from '../policy/signals/deviceEvidence.ts'
import type { Answer, Signal } from '../policy/signals/signal.ts'
import type { DeviceProof } from '../policy/signals/signals.ts'
import type { DeviceRecord } from './deviceRecord.ts'

/** What the directory says of a flag: where it says that there is none, the answer is no. */
const flagAnswer = (flag: Signal<boolean>): Answer => answerOf(flag === null ? false : flag)

const complianceAnswer = (device: DeviceRecord, now: Date): Answer => {
  const { complianceEndsAt: endsAt } = device
  const lasts = endsAt === null || (endsAt === undefined ? undefined : now.getTime() < endsAt)
  return allOf([flagAnswer(device.isCompliant), flagAnswer(device.isManaged), answerOf(lasts)])
}

/** Asks whether a device may vouch for a user at all: it is enabled, and theirs. */
export const usableAnswer = (device: DeviceRecord, isUsers: Answer): Answer =>
  allOf([flagAnswer(device.accountEnabled), isUsers])

const judgements: Readonly<Record<DeviceProof, (device: DeviceRecord, now: Date) => Answer>> = {
  compliantDevice: complianceAnswer,
  domainJoinedDevice: ({ isDomainJoined }) => answerOf(isDomainJoined),
}

/** Judges what the record of a device proves. @param usable whether the device may vouch for the user at all. */
export const judgeDevice = (
  device: DeviceRecord,
  {
    proves,
    usable,
    now,
  }: { readonly proves: readonly DeviceProof[]; readonly usable: Answer; readonly now: Date },
): DirectoryAnswer['proofs'] =>
  Object.fromEntries(proves.map((proof) => [proof, allOf([usable, judgements[proof](device, now)])]))
