import { describe, expect, it } from 'vitest'
import { demoRecords } from '../../local/demoDevice.ts'
import type { GraphRecords } from '../../local/graphRecords.ts'
import { type GraphRequest, standInGraph } from '../../local/standInGraph.ts'

const token = 'a token of the test'
const deviceId = 'aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee'
const userId = '11111111-2222-4333-8444-555555555555'
const device = `devices(deviceId='${deviceId}')`
const intune = 'deviceManagement/managedDevices'

/** Asks the stand-in, whose records a test may change. */
const ask = async (
  path: string,
  {
    records = demoRecords([{ userId, deviceId }]),
    ...request
  }: Partial<GraphRequest> & { readonly records?: GraphRecords } = {},
) => {
  const url = new URL(`http://127.0.0.1/v1.0/${path}`)
  const graph = standInGraph({ records: async () => records, token })
  const answer = await graph({ method: 'GET', url, authorization: `Bearer ${token}`, ...request })
  const body = answer?.body as Readonly<Record<string, unknown>> & {
    readonly error?: { readonly code: string }
  }
  return { status: answer?.status, headers: answer?.headers, body, code: body.error?.code }
}

describe('the stand-in for Graph', () => {
  it.each([undefined, '', 'Bearer another', `Basic ${token}`])(
    'does not know who sends the authorization %j',
    async (authorization) => {
      const { status, code } = await ask(device, { authorization })
      expect([status, code]).toEqual([401, 'InvalidAuthenticationToken'])
    },
  )

  it('shows of a device what is selected, null where it has no such thing, with owners where they are expanded', async () => {
    const query = '$select=deviceId,isCompliant,mdmAppId&$expand=registeredOwners($select=id)'
    const { body } = await ask(
      `${device.toUpperCase().replace('DEVICES(DEVICEID', 'devices(deviceId')}?${query}`,
    )
    const { '@odata.context': context, ...shown } = body
    expect(context).toContain('$metadata#devices')
    expect(shown).toEqual({
      deviceId,
      isCompliant: true,
      mdmAppId: null,
      registeredOwners: [{ '@odata.type': '#microsoft.graph.user', id: userId }],
    })
    expect((await ask(`${device}?$select=id`)).body).not.toHaveProperty('registeredOwners')
  })

  it('shows the users of a device, and the managed devices of one', async () => {
    expect((await ask(`${device}/registeredUsers?$select=id`)).body['value']).toMatchObject([{ id: userId }])
    const one = `${intune}?$filter=azureADDeviceId%20eq%20'${deviceId}'&$select=complianceState`
    expect((await ask(one)).body['value']).toEqual([{ complianceState: 'compliant' }])
    const other = `${intune}?$filter=azureADDeviceId%20eq%20'${userId}'`
    expect((await ask(other)).body['value']).toEqual([])
  })

  it('passes over a filter of managed devices that it does not understand, as Intune does', async () => {
    const { body } = await ask(`${intune}?$filter=userId%20eq%20'${deviceId}'`)
    expect(body['value']).toHaveLength(1)
  })

  it.each<[string, string, Partial<GraphRequest>, number, string]>([
    ['an unknown device', `devices(deviceId='${userId}')`, {}, 404, 'Request_ResourceNotFound'],
    ['another path', 'users', {}, 404, 'ResourceNotFound'],
    ['a property that there is not', `${device}?$select=isHealthy`, {}, 400, 'BadRequest'],
    ['another expansion', `${device}?$expand=memberOf`, {}, 400, 'BadRequest'],
    ['another parameter', `${device}?$top=1`, {}, 400, 'BadRequest'],
    ['to write', device, { method: 'PATCH' }, 405, 'Request_BadRequest'],
  ])('refuses %s', async (_what, path, request, status, code) => {
    expect(await ask(path, request)).toMatchObject({ status, code })
  })

  it('has the trouble that its records say', async () => {
    const records = { ...demoRecords([]), trouble: { status: 429, retryAfterSeconds: 7 } }
    expect(await ask(device, { records })).toMatchObject({ status: 429, headers: { 'retry-after': '7' } })
    const failing = { ...demoRecords([]), trouble: { status: 503 } }
    expect(await ask(device, { records: failing })).toMatchObject({ status: 503, headers: {} })
  })
})
