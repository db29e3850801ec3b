import { describe, expect, it } from 'vitest'
import { enroll } from '../../../lib/enroll/enroll.ts'
import type { Services } from '../../../lib/enroll/services.ts'
import type { WastedSignature } from '../../../lib/telemetry/signingIds.ts'
import { createWorld, servicesOf, enrollmentOf, makeDeviceKey, type World } from '../../world.ts'

/** Another instance of the app, and what it tells of signatures that bought nothing. */
const watchedInstance = (world: World) => {
  const wasted: WastedSignature[] = []
  const onWasted = (one: WastedSignature) => void wasted.push(one)
  const { tables, network, keys: source } = world
  const instance = servicesOf(tables, { network, source, now: () => world.now, onWasted })
  return { wasted, instance }
}

const request = async (world: World, instance: Services, token: string) =>
  enroll(enrollmentOf({ tenant: world.tenant, token, csr: makeDeviceKey().csr() }), instance)

describe('a signature that bought nothing is told with its request id', () => {
  it('when another instance was faster', async () => {
    await using world = await createWorld()
    const { wasted, instance } = watchedInstance(world)
    const token = await world.issuer.token()
    const key = makeDeviceKey()
    let requestId = ''
    world.keys.signInstead = async (signer, tbs, id) => {
      requestId = id
      world.keys.signInstead = undefined
      await world.enroll({ token, key })
      return signer.sign(tbs, id)
    }
    await expect(request(world, instance, token)).toRefuse('token-replayed')
    const issuer = 'issuer~0001'
    expect(wasted).toEqual([
      { tenant: world.tenant, issuer, requestId, vaultRequestId: '', reason: 'race lost' },
    ])
  })

  it('when it was not recorded', async () => {
    await using world = await createWorld()
    const { wasted, instance } = watchedInstance(world)
    world.tables.fault = ({ method }) => (method === 'insert' ? 'failed' : undefined)
    await expect(request(world, instance, await world.issuer.token())).toRefuse('tables-unavailable')
    expect(wasted).toMatchObject([{ reason: 'not recorded', issuer: 'issuer~0001' }])
  })

  it('and none is told of an ordinary request, nor of a retry', async () => {
    await using world = await createWorld()
    const { wasted, instance } = watchedInstance(world)
    const token = await world.issuer.token()
    const csr = makeDeviceKey().csr()
    const enrollment = enrollmentOf({ tenant: world.tenant, token, csr })
    await enroll(enrollment, instance)
    await enroll(enrollment, instance)
    expect(wasted).toEqual([])
  })
})
