import { tablesLate } from '../deadline/deadline.ts'
import { Refusal } from '../errors/refusal.ts'
import type { Refused } from './enroll.ts'
import type { Services } from './services.ts'

/** Whether a request was refused for what it is, and not for what the service could not do. */
const isDecision = (error: unknown): error is Refusal =>
  error instanceof Refusal && error.status < 500 && error.status !== 429

/** Records a refusal for auditors, as far as that can be done now. */
export const recordRefusal = async (thrown: unknown, refused: Refused, services: Services): Promise<void> => {
  if (!isDecision(thrown)) return
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
