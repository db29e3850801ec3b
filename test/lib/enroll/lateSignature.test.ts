import { randomUUID } from 'node:crypto'
import { expect, it } from 'vitest'
import type { SignerPool } from '../../../lib/authority/sign/signerPool.ts'
import { enroll } from '../../../lib/enroll/enroll.ts'
import { requestTimes } from '../../../lib/deadline/requestTimes.ts'
import type { WastedSignature } from '../../../lib/telemetry/signingIds.ts'
import { createWorld, servicesOf, enrollmentOf, makeDeviceKey } from '../../world.ts'

const { requestMilliseconds, recordMilliseconds, signMilliseconds } = requestTimes()

it('a signature that comes after the time of its request is told of as wasted, with its request id', async () => {
  await using world = await createWorld()
  const { tables, network, keys: source, tenant } = world
  const told = Promise.withResolvers<WastedSignature>()
  const requestId = randomUUID()
  let time = 0
  const instance = servicesOf(tables, {
    network,
    source,
    now: () => world.now,
    clock: () => time,
    uuid() {
      // All but half a second went by before the issuer is asked.
      time += requestMilliseconds - recordMilliseconds - 500
      return requestId
    },
    onWasted: told.resolve,
  })
  const answered = Promise.withResolvers<void>()
  world.keys.signInstead = async (signer, tbs, id) => {
    await answered.promise
    return signer.sign(tbs, id)
  }
  const token = await world.issuer.token()
  const csr = makeDeviceKey().csr()
  const enrollment = enrollmentOf({ tenant, token, csr })
  await expect(enroll(enrollment, instance)).toRefuse('signer-unavailable')
  answered.resolve()
  expect(await told.promise).toEqual({
    tenant,
    issuer: 'issuer~0001',
    requestId,
    vaultRequestId: '',
    reason: 'no answer',
  })
})

it('an issuer has the time of its request less what recording needs: nothing is signed that could not be recorded', async () => {
  await using world = await createWorld()
  const { tables, network, keys: source, tenant } = world
  let time = 0
  const given: (number | undefined)[] = []
  const instance = servicesOf(tables, { network, source, now: () => world.now, clock: () => time })
  const enrollAfter = async (milliseconds: number) => {
    const uuid = () => {
      time += milliseconds
      return randomUUID()
    }
    const sign: SignerPool['sign'] = (...asked) => {
      given.push(asked[2].deadline?.remaining())
      return instance.signers.sign(...asked)
    }
    const signers = { ...instance.signers, sign }
    const enrollment = enrollmentOf({ tenant, token: await world.issuer.token(), csr: makeDeviceKey().csr() })
    return enroll(enrollment, { ...instance, uuid, signers })
  }
  await enrollAfter(0)
  await enrollAfter(requestMilliseconds - recordMilliseconds - 500)
  expect(given).toEqual([signMilliseconds, 500])
})
