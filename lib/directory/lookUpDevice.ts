import type { EvidenceTrouble } from '../policy/signals/deviceEvidence.ts'
import type { FactReport, FactValue } from '../policy/signals/factKinds.ts'
import { factsOfDirectory, silentFacts, type SuppliedFact } from '../policy/signals/factsOfDirectory.ts'
import type { Answer, Signal } from '../policy/signals/signal.ts'
import { type Ask, findDevice, findManagedDevices, isOfUser, unreadable } from './findDevice.ts'
import type { DeviceRecord } from './deviceRecord.ts'
import type { DirectoryQuestion, DirectoryWord } from './directory.ts'
import { DirectoryOutage, type DirectoryPart } from './directoryOutage.ts'
import { judgeDevice, usableAnswer } from './judgeDevice.ts'
import type { ManagedDevices } from './managedDevice.ts'
import { operatingSystemOf } from './operatingSystem.ts'
import { asksIntune, noRecord, noTrouble, outageTrouble, silence } from './silentDirectory.ts'

/** What a look-up is made with. */
export interface LookingUp {
  readonly ask: Ask
  readonly now: () => Date
  /** Told of each outage, for operators. */
  readonly onFailure: (outage: DirectoryOutage) => void
}

/** What was found, or the outage that hid it; neither where it was not asked for. */
interface Found<Value> {
  readonly value?: Value
  readonly outage?: DirectoryOutage
}

const attempt = async <Value>(
  { onFailure }: LookingUp,
  find: () => Promise<Value>,
): Promise<Found<Value>> => {
  try {
    return { value: await find() }
  } catch (error) {
    if (!(error instanceof DirectoryOutage)) throw error
    onFailure(error)
    return { outage: error }
  }
}

/** Tells whether it matters whose the device is: some proof may hold, or facts are asked for. */
const dependsOnUser = (question: DirectoryQuestion, device: DeviceRecord, now: Date): boolean => {
  const usable = usableAnswer(device, 'yes')
  const proofs = judgeDevice(device, { proves: question.proves, usable, now })
  const mayProve = Object.values(proofs).some((answer) => answer !== 'no')
  return (
    usable !== 'no' && (mayProve || factsOfDirectory(question).some(({ fact }) => question.asked.has(fact)))
  )
}

/** What a part says of facts. */
interface Told {
  readonly facts: Readonly<Partial<Record<SuppliedFact['fact'], Signal<FactValue>>>>
  readonly at: number | undefined
}

const reportsOf = (
  question: DirectoryQuestion,
  told: Readonly<Record<DirectoryPart, Told | undefined>>,
): readonly FactReport[] =>
  factsOfDirectory(question).map(({ fact, source }) => {
    const value = told[source]?.facts[fact]
    return { fact, source, value, at: value === undefined ? undefined : told[source]?.at }
  })

/** The record tells no time: its system is as it was at some sign-in. */
const toldBy = ({ operatingSystem, operatingSystemVersion }: DeviceRecord): Told => ({
  facts: { ...operatingSystemOf(operatingSystem, operatingSystemVersion) },
  at: undefined,
})

/** The troubles of outages: of a part that was not asked for want of another's answer, too. */
const outagesOf = (
  question: DirectoryQuestion,
  isUsers: Found<Answer>,
  managed: Found<ManagedDevices>,
): readonly EvidenceTrouble[] => {
  const outage = isUsers.outage ?? managed.outage
  if (!outage) return []
  const { retryAfterSeconds } = outage
  const parts: readonly DirectoryPart[] =
    isUsers.outage && asksIntune(question) ? ['directory', 'intune'] : [outage.part]
  return parts.map((part) => outageTrouble(part, retryAfterSeconds))
}

/** Says why a device may not vouch for the user, where the directory knows. */
const noesOf = (
  { userId }: DirectoryQuestion,
  { accountEnabled }: DeviceRecord,
  isUsers: Answer | undefined,
): readonly EvidenceTrouble[] =>
  [
    (accountEnabled === false || accountEnabled === null) && 'the device is disabled in the directory',
    isUsers === 'no' && 'the directory does not have the device as one of the user',
    userId === undefined && 'the token does not tell who the user is in the directory',
  ]
    .filter((why) => why !== false)
    .map(noTrouble)

/** Tells the operator of members that are not what they should be: what they would have said is unknown. */
const mistakesIn = (
  part: DirectoryPart,
  mistakes: readonly string[],
  { onFailure }: LookingUp,
): readonly EvidenceTrouble[] => {
  if (mistakes.length === 0) return []
  const outage = unreadable(
    part,
    `members that are missing or not understood: ${mistakes.slice(0, 8).join(', ')}`,
  )
  onFailure(outage)
  return [outageTrouble(part, outage.retryAfterSeconds)]
}

const recordOf = (managed: ManagedDevices | undefined) => (typeof managed === 'object' ? managed : undefined)

/** Says what the directory knows of a device that has a record. What is not the user's tells no facts for them. */
const describeDevice = async (
  question: DirectoryQuestion,
  device: DeviceRecord,
  using: LookingUp,
): Promise<DirectoryWord> => {
  const now = using.now()
  const isUsers: Found<Answer> = dependsOnUser(question, device, now)
    ? await attempt(using, () => isOfUser(question, device, using.ask))
    : {}
  const usable = usableAnswer(device, isUsers.value ?? 'unknown')
  const managed: Found<ManagedDevices> =
    usable === 'yes' && asksIntune(question)
      ? await attempt(using, () => findManagedDevices(question.deviceId, using.ask))
      : {}
  const record = recordOf(managed.value)
  return {
    attributes: device.attributes,
    proofs: judgeDevice(device, { proves: question.proves, usable, now }),
    facts:
      usable === 'yes'
        ? reportsOf(question, { directory: toldBy(device), intune: record })
        : silentFacts(question),
    troubles: [
      ...outagesOf(question, isUsers, managed),
      ...noesOf(question, device, isUsers.value),
      ...(managed.value === 'several' ? [noTrouble('Intune has several records of the device')] : []),
      ...mistakesIn('directory', device.mistakes, using),
      ...mistakesIn('intune', record?.mistakes ?? [], using),
    ],
  }
}

/** Looks a device up: the record first, then whose it is, then what Intune knows, each only where it matters. */
export const lookUpDevice = async (question: DirectoryQuestion, using: LookingUp): Promise<DirectoryWord> => {
  const { value, outage } = await attempt(using, () => findDevice(question.deviceId, using.ask))
  if (outage) return silence(question, outage.retryAfterSeconds)
  return value ? describeDevice(question, value, using) : noRecord(question)
}
