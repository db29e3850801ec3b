import { tablesLate } from '../deadline/deadline.ts'
import { Refusal } from '../errors/refusal.ts'
import type { Refused } from './enroll.ts'
import type { Services } from './services.ts'

/** Whether a token of the client's choice led to what does not answer: one that names a key which nobody has would hide a denial. */
const isOfItsToken = ({ decision }: Refused): boolean =>
  decision?.kind === 'deny' &&
  (decision.outage?.source === 'posture' || decision.outage?.source === 'attestation')

/** Whether a request was refused for what it is, and not for what the service could not do. */
const isDecision = (error: Refusal, refused: Refused): boolean =>
  (error.status < 500 && error.status !== 429) || isOfItsToken(refused)

/** Records a refusal for auditors, as far as that can be done now. */
export const recordRefusal = async (thrown: unknown, refused: Refused, services: Services): Promise<void> => {
  if (!(thrown instanceof Refusal) || !isDecision(thrown, refused)) return
  const { tenant, authentic, csr, decision, trace, deadline } = refused
  const { refusals, times, now } = services
  const { code, detail } = thrown
  const { issuer: tokenIssuer, ...identity } = authentic.identity
  const entry = {
    at: now(),
    code,
    detail,
    ...identity,
    tokenIssuer,
    keyHash: csr?.keyHash ?? '',
    signals: decision?.signals ?? [],
    invocationId: trace.invocationId,
    revision: tenant.number,
  }
  // Where the time is over, nobody waits for the record any more; it may be made all the same.
  await trace.stage('refusal', async () => {
    const part = deadline.part({ milliseconds: times.refusalMilliseconds })
    await part.within(refusals.record(tenant.tenant, entry, part), tablesLate).catch(() => undefined)
  })
}
