import { describe, expect, it } from 'vitest'
import type { DirectoryQuestion } from '../../../lib/directory/directory.ts'
import { silentDirectory } from '../../../lib/directory/silentDirectory.ts'
import { fixedCredential } from '../../../lib/keys/keyVaultAccess.ts'
import { openDeadline } from '../../../lib/deadline/deadline.ts'
import { deviceProperties } from '../../../lib/policy/filter/property.ts'
import type { GraphObject } from '../../../local/graphRecords.ts'
import { deviceId, everyFact, graphWorld, otherUser, question, userId, valuesOf } from './graphWorld.ts'

const devicePath = `/v1.0/devices(deviceId='${deviceId}')`
const usersPath = `${devicePath}/registeredUsers`
const intunePath = '/v1.0/deviceManagement/managedDevices'

const never = () => new Promise<never>(() => undefined)

const wrongCredential = fixedCredential('canary of another')

const proofsOf = (compliantDevice: string, domainJoinedDevice: string) => ({
  compliantDevice,
  domainJoinedDevice,
})

const noFacts = {
  platform: undefined,
  osVersion: undefined,
  osBuild: undefined,
  systemDriveEncrypted: undefined,
  jailBroken: undefined,
  threatLevel: undefined,
  managementState: undefined,
}

/** What a look-up that nothing was learnt of says. */
const outage = (retryAfterSeconds: number, ...sources: readonly string[]) => ({
  attributes: undefined,
  proofs: proofsOf('unknown', 'unknown'),
  troubles: sources.map((source) => ({ source, code: 'directory-unavailable', retryAfterSeconds })),
})

describe('what the directory says of a device', () => {
  it('is proofs, all attributes of device filters, and facts with the time that Intune knows them from', async () => {
    const world = await graphWorld()
    world.change(
      { trustType: 'ServerAd', extensionAttributes: { extensionAttribute1: 'kiosk' } },
      { lastSyncDateTime: '2026-05-04T03:02:01.25Z', jailBroken: 'False', complianceState: 'inGracePeriod' },
    )
    const word = await world.lookUp()
    expect(word.proofs).toEqual(proofsOf('yes', 'yes'))
    expect(Object.keys(word.attributes ?? {}).toSorted()).toEqual([...deviceProperties].toSorted())
    expect(word.attributes).toMatchObject({ deviceId, trustType: 'ServerAd', isCompliant: true })
    expect(word.attributes).toMatchObject({ extensionAttribute1: 'kiosk', mdmAppId: null, physicalIds: [] })
    expect(valuesOf(word)).toEqual({
      ...noFacts,
      platform: 'windows',
      osVersion: '10.0.22631.4460',
      systemDriveEncrypted: true,
      jailBroken: false,
      threatLevel: 'secured',
      managementState: 'inGracePeriod',
    })
    const at = Date.parse('2026-05-04T03:02:01Z') / 1000
    for (const report of word.facts)
      expect(report.at).toBe(report.source === 'directory' || report.value === undefined ? undefined : at)
    expect(word.troubles).toEqual([])
    expect(world.log).toEqual([devicePath, intunePath])
  })

  it.each<[string, GraphObject, ReturnType<typeof proofsOf>, string | undefined]>([
    ['a device that is not joined to a domain', {}, proofsOf('yes', 'no'), undefined],
    ['one that is not compliant', { isCompliant: false }, proofsOf('no', 'no'), undefined],
    ['one that nobody judged', { isCompliant: null }, proofsOf('no', 'no'), undefined],
    ['one that is not managed any more', { isManaged: false }, proofsOf('no', 'no'), undefined],
    [
      'one whose compliance has ended',
      { complianceExpirationDateTime: '2020-01-01T00:00:00Z' },
      proofsOf('no', 'no'),
      undefined,
    ],
    [
      'one whose compliance has not ended',
      { complianceExpirationDateTime: '9999-12-31T23:59:59Z' },
      proofsOf('yes', 'no'),
      undefined,
    ],
    ['a disabled one', { accountEnabled: false, trustType: 'ServerAd' }, proofsOf('no', 'no'), 'is disabled'],
    [
      'a device of another user',
      { registeredOwners: [otherUser], registeredUsers: [otherUser], trustType: 'ServerAd' },
      proofsOf('no', 'no'),
      'not have the device as one of the user',
    ],
    [
      "nobody's device",
      { registeredOwners: [], registeredUsers: [] },
      proofsOf('no', 'no'),
      'not have the device as one of the user',
    ],
    [
      'one that the user is registered with and does not own',
      { registeredOwners: [otherUser], registeredUsers: [otherUser, userId.toUpperCase()] },
      proofsOf('yes', 'no'),
      undefined,
    ],
  ])('is right of %s', async (_what, device, proofs, why) => {
    const world = await graphWorld()
    world.change(device)
    const word = await world.lookUp()
    expect(word.proofs).toEqual(proofs)
    expect(word.troubles.map(({ code, retryAfterSeconds }) => [code, retryAfterSeconds])).toEqual(
      why === undefined ? [] : [['device-not-compliant', undefined]],
    )
    if (why !== undefined) expect(word.troubles[0]?.why).toContain(why)
    expect(word.attributes).toMatchObject({ deviceId })
    // What is not the user's, or is out of use, tells nothing for them.
    if (why !== undefined) expect(valuesOf(word)).toEqual(noFacts)
    expect(world.log.length).toBeLessThanOrEqual(3)
    expect(world.failures).toEqual([])
  })

  it('is no for a device without a record, whose attributes are none', async () => {
    const world = await graphWorld()
    for (const none of ['bbbbbbbb-bbbb-4ccc-8ddd-eeeeeeeeeeee', 'LAPTOP-7']) {
      const word = await world.lookUp({ deviceId: none })
      expect(word).toMatchObject({ attributes: null, proofs: proofsOf('no', 'no') })
      expect(word.troubles).toMatchObject([{ code: 'device-not-compliant', retryAfterSeconds: undefined }])
      expect(valuesOf(word)).toEqual(noFacts)
    }
    expect(world.log.length).toBe(1)
  })

  it('is unknown where the token does not tell who the user is in the directory', async () => {
    const world = await graphWorld()
    for (const nobody of [undefined, 'ada']) {
      const word = await world.lookUp({ userId: nobody, proves: ['compliantDevice'] })
      expect(word.proofs).toEqual({ compliantDevice: 'unknown' })
      expect(valuesOf(word)).toEqual(noFacts)
    }
  })

  it('is what it is now: compliant, then not', async () => {
    const world = await graphWorld()
    expect((await world.lookUp()).proofs['compliantDevice']).toBe('yes')
    world.change({ isCompliant: false })
    expect((await world.lookUp()).proofs['compliantDevice']).toBe('no')
  })

  it.each<[string, Partial<DirectoryQuestion>, GraphObject, readonly string[]]>([
    ['Intune where no fact of its is asked for', { asked: new Set(['platform']) }, {}, [devicePath]],
    ['Intune where the tenant does not have it asked', { intune: false }, {}, [devicePath]],
    [
      'whose it is where nothing depends on that',
      { intune: false, asked: new Set() },
      { isCompliant: false, registeredOwners: [otherUser] },
      [devicePath],
    ],
    ['anything more of a disabled device', {}, { accountEnabled: false, registeredOwners: [] }, [devicePath]],
    ['more than three things', {}, { registeredOwners: [otherUser] }, [devicePath, usersPath, intunePath]],
  ])('takes no question for %s', async (_what, changes, device, paths) => {
    const world = await graphWorld()
    world.change(device)
    await world.lookUp(changes)
    expect(world.log).toEqual(paths)
  })

  it('has the version by the record of the device where Intune is not asked, on macOS with the build', async () => {
    const world = await graphWorld()
    world.change({ operatingSystem: 'MacMDM', operatingSystemVersion: '14.5 (23F79)' })
    const word = await world.lookUp({ intune: false })
    expect(valuesOf(word)).toEqual({ platform: 'macOS', osVersion: '14.5', osBuild: '23F79' })
  })
})

describe('a directory that does not say what it knows', () => {
  it.each<[string, object, number]>([
    ['throttles', { status: 429, retryAfterSeconds: 7 }, 7],
    ['throttles for a part of a second', { status: 429, retryAfterSeconds: 2.128 }, 3],
    ['throttles for hours', { status: 429, retryAfterSeconds: 9_999 }, 60],
    ['throttles without a time', { status: 429 }, 5],
    ['fails', { status: 503 }, 5],
  ])('is unknown, and a trouble that passes, when it %s', async (_how, trouble, seconds) => {
    const world = await graphWorld()
    world.records = { ...world.records, trouble }
    expect(await world.lookUp()).toMatchObject(outage(seconds, 'directory', 'intune'))
    expect(world.failures.length).toBe(1)
    expect(world.log.length).toBe(1)
  })

  it('is unknown when it is slow, after the time of a request', async () => {
    const times = { directoryMilliseconds: 60_000, directoryCallMilliseconds: 100 }
    const world = await graphWorld({ times })
    world.fault = never
    expect(await world.lookUp({}, 60_000)).toMatchObject(outage(5, 'directory', 'intune'))
    expect(world.failures).toEqual(['directory: Graph did not answer in time'])
  })

  it('is left alone for as long as it asks for, and then asked again', async () => {
    let milliseconds = 0
    const world = await graphWorld({ clock: () => milliseconds })
    const { records } = world
    world.records = { ...records, trouble: { status: 429, retryAfterSeconds: 10 } }
    await world.lookUp()
    world.records = records
    milliseconds = 4_001
    expect(await world.lookUp()).toMatchObject(outage(6, 'directory', 'intune'))
    expect(world.log.length).toBe(1)
    milliseconds = 10_000
    expect((await world.lookUp()).proofs['compliantDevice']).toBe('yes')
  })

  it.each([[401], [403]])('tells the operator which permission is missing (%i)', async (status) => {
    const world = await graphWorld(status === 403 ? { roles: [] } : { credential: wrongCredential })
    expect(await world.lookUp()).toMatchObject(outage(60, 'directory', 'intune'))
    expect(world.failures).toEqual([
      expect.stringMatching(
        new RegExp(
          `^directory: Graph answers ${status} \\(\\w+, request-id [-0-9a-f]+\\): .*Device\\.Read\\.All`,
        ),
      ),
    ])
  })

  it('tells which permission Intune lacks, and says what the rest of the directory knows', async () => {
    const world = await graphWorld({ roles: ['Device.Read.All'] })
    const word = await world.lookUp()
    expect(word.proofs['compliantDevice']).toBe('yes')
    expect(valuesOf(word)).toEqual({ ...noFacts, platform: 'windows' })
    expect(word.troubles).toMatchObject([{ source: 'intune', code: 'directory-unavailable' }])
    expect(world.failures[0]).toContain('DeviceManagementManagedDevices.Read.All')
  })

  it('says what is known where only the users of the device are not', async () => {
    const world = await graphWorld()
    world.change({ registeredOwners: [otherUser] })
    world.fault = async (path, answer) => (path === usersPath ? { status: 500, body: '' } : answer())
    const word = await world.lookUp()
    expect(word).toMatchObject({
      ...outage(5, 'directory', 'intune'),
      proofs: proofsOf('unknown', 'no'),
      attributes: { deviceId },
    })
    expect(world.log).toEqual([devicePath, usersPath])
  })

  const record = {
    deviceId,
    accountEnabled: true,
    isCompliant: true,
    isManaged: true,
    registeredOwners: [{ id: userId }],
  }
  it.each<[string, unknown]>([
    ['no JSON', '{'],
    ['nothing', ''],
    ['another document', { value: [record] }],
    ['the record of another device', { ...record, deviceId: userId }],
    ['two members of one name', `{"deviceId":"${deviceId}","deviceId":"${deviceId}"}`],
    ['too much', `{"deviceId":"${deviceId}","pad":"${'x'.repeat(140_000)}"}`],
    ['what is nested too deeply', `{"deviceId":${'['.repeat(40)}${']'.repeat(40)}}`],
  ])('is unknown when it answers with %s', async (_what, body) => {
    const world = await graphWorld()
    world.fault = async () => ({ status: 200, body })
    expect(await world.lookUp()).toMatchObject(outage(5, 'directory', 'intune'))
  })

  it.each([
    ['accountEnabled', 'yes'],
    ['isCompliant', 'true'],
    ['isCompliant', undefined],
    ['isManaged', 1],
    ['complianceExpirationDateTime', 'soon'],
    ['registeredOwners', [{ id: 7 }]],
    ['registeredOwners', undefined],
  ])('is unknown of what it says of %s when that is %j', async (name, value) => {
    const world = await graphWorld()
    world.change({ trustType: 'ServerAd', registeredUsers: [] })
    world.fault = async (path, answer) => {
      const real = await answer()
      if (path !== devicePath || !real) return real
      return { ...real, body: { ...(real.body as object), [name]: value } }
    }
    const word = await world.lookUp()
    expect(word.proofs['compliantDevice']).toBe('unknown')
    expect(word.troubles).toContainEqual(expect.objectContaining({ code: 'directory-unavailable' }))
    expect(world.failures.join()).toContain(name)
  })

  it('is not answered by a path that is wrong: only its own word is that there is no record', async () => {
    const world = await graphWorld()
    world.fault = async () => ({ status: 404, body: { error: { code: 'ResourceNotFound' } } })
    expect(await world.lookUp()).toMatchObject(outage(5, 'directory', 'intune'))
  })

  it('is not answered by a list of users that goes on', async () => {
    const world = await graphWorld()
    world.change({ registeredOwners: [otherUser] })
    world.fault = async (path, answer) =>
      path === usersPath
        ? {
            status: 200,
            body: { value: [{ id: otherUser }], '@odata.nextLink': 'https://graph.example/next' },
          }
        : answer()
    expect((await world.lookUp()).proofs['compliantDevice']).toBe('unknown')
    expect(world.log).toEqual([devicePath, usersPath])
  })

  it('breaks off, and cannot be reached', async () => {
    const world = await graphWorld()
    world.fault = async () => undefined
    expect(await world.lookUp()).toMatchObject(outage(5, 'directory', 'intune'))
    const nowhere = await graphWorld({ origin: 'http://127.0.0.1:9' })
    expect(await nowhere.lookUp()).toMatchObject(outage(5, 'directory', 'intune'))
  })

  it('gives up on a token that does not come, is refused or is none, and tells why without it', async () => {
    const tokens: readonly (() => Promise<never>)[] = [
      () => new Promise(() => undefined),
      () => Promise.reject(new Error('The identity is gone.')),
      () => Promise.resolve(null as never),
    ]
    for (const getToken of tokens) {
      const times = { directoryMilliseconds: 500, directoryCallMilliseconds: 100 }
      const world = await graphWorld({ credential: { getToken }, times })
      expect(await world.lookUp()).toMatchObject(outage(5, 'directory', 'intune'))
      expect(world.failures[0]).toMatch(/did not answer in time|identity is gone|gives no token/)
      expect(world.log).toEqual([])
    }
  })
})

describe("Intune's records", () => {
  it.each<[string, GraphObject, string, unknown]>([
    ['rooted', { jailBroken: 'True' }, 'jailBroken', true],
    ['nobody looked', { jailBroken: 'Unknown' }, 'jailBroken', undefined],
    ['compromised', { partnerReportedThreatState: 'compromised' }, 'threatLevel', 'high'],
    ['no threat defence', { partnerReportedThreatState: 'deactivated' }, 'threatLevel', undefined],
    ['a state of the future', { complianceState: 'unknownFutureValue' }, 'managementState', undefined],
    ['no word of the disk', { isEncrypted: null }, 'systemDriveEncrypted', undefined],
    ['not a version', { osVersion: 'new' }, 'osVersion', undefined],
  ])('mean what they say: %s', async (_what, managed, fact, value) => {
    const world = await graphWorld()
    world.change({}, managed)
    const word = await world.lookUp()
    expect(valuesOf(word)[fact]).toBe(value)
    expect(word.troubles).toEqual([])
  })

  it('tell no time where the device never was in touch', async () => {
    const world = await graphWorld()
    world.change({}, { lastSyncDateTime: '0001-01-01T00:00:00Z' })
    const { facts } = await world.lookUp()
    expect(facts.every(({ at }) => at === undefined)).toBe(true)
  })

  it('are unknown where there are two, or none', async () => {
    const world = await graphWorld()
    const { devices, managedDevices } = world.records
    for (const records of [[], [...managedDevices, ...managedDevices]]) {
      world.records = { devices, managedDevices: records }
      const word = await world.lookUp()
      expect(valuesOf(word)).toEqual({ ...noFacts, platform: 'windows' })
      expect(word.troubles.length).toBe(records.length / 2)
    }
  })

  it('are an outage where they are of other devices, since Intune passes over filters that it does not know', async () => {
    const world = await graphWorld()
    const [managed = {}] = world.records.managedDevices
    world.fault = async (path, answer) =>
      path === intunePath
        ? { status: 200, body: { value: [managed, { ...managed, azureADDeviceId: otherUser }] } }
        : answer()
    const word = await world.lookUp()
    expect(word.proofs['compliantDevice']).toBe('yes')
    expect(valuesOf(word)).toEqual({ ...noFacts, platform: 'windows' })
    expect(word.troubles).toMatchObject([{ source: 'intune', retryAfterSeconds: 5 }])
  })
})

describe('look-ups in flight', () => {
  it('are shared by all who ask the same meanwhile, and by nobody after', async () => {
    const world = await graphWorld()
    const shared = await Promise.all([
      world.lookUp(),
      world.lookUp(),
      world.lookUp({ asked: new Set(everyFact) }),
    ])
    expect(new Set(shared).size).toBe(1)
    expect(world.log.length).toBe(2)
    await world.lookUp()
    expect(world.log.length).toBe(4)
  })

  it.each<[string, Partial<DirectoryQuestion>]>([
    ['another user', { userId: otherUser }],
    ['other proofs', { proves: ['domainJoinedDevice'] }],
    ['other facts', { intune: false }],
  ])('are not shared by whoever asks of %s', async (_what, changes) => {
    const world = await graphWorld()
    const [first, second] = await Promise.all([world.lookUp(), world.lookUp(changes)])
    expect(first).not.toBe(second)
  })

  it('are not shared by a tenant that asks for facts with one that asks for none', async () => {
    const world = await graphWorld()
    world.change({ isCompliant: false })
    const asking = { proves: ['compliantDevice'], intune: false } as const
    const [none, some] = await Promise.all([
      world.lookUp({ ...asking, asked: new Set() }),
      world.lookUp({ ...asking, asked: new Set(['osVersion']) }),
    ])
    expect(valuesOf(none)['osVersion']).toBe(undefined)
    expect(valuesOf(some)['osVersion']).toBe('10.0.22631.4460')
  })

  it('end for who has no time left, and go on for the others', async () => {
    const world = await graphWorld()
    world.records = { ...world.records, trouble: { delaySeconds: 0.2 } }
    const [hurried, patient] = await Promise.all([world.lookUp({}, 20), world.lookUp()])
    expect(hurried).toMatchObject(outage(5, 'directory', 'intune'))
    expect(patient.proofs['compliantDevice']).toBe('yes')
  })

  it('end all together after the time of a look-up, however much its last request has left', async () => {
    const world = await graphWorld({
      times: { directoryMilliseconds: 1_000, directoryCallMilliseconds: 60_000 },
    })
    world.change({ registeredOwners: [otherUser] })
    world.fault = (path, answer) => (path === usersPath ? never() : answer())
    expect(await world.lookUp({}, 60_000)).toMatchObject({ proofs: proofsOf('unknown', 'no') })
    expect(world.failures).toEqual(['directory: Graph did not answer in time'])
  })
})

describe('look-ups of one device', () => {
  const lookUpOften = async (world: Awaited<ReturnType<typeof graphWorld>>, times: number) => {
    for (let time = 0; time < times; time++) await world.lookUp()
  }

  it('are six at once and one in 30 s after that, and a trouble that passes beyond', async () => {
    let milliseconds = 0
    const world = await graphWorld({ clock: () => milliseconds })
    await lookUpOften(world, 6)
    expect(world.failures).toEqual([])
    world.log.length = 0
    milliseconds = 10_500
    expect(await world.lookUp({ deviceId: deviceId.toUpperCase() })).toMatchObject(
      outage(20, 'directory', 'intune'),
    )
    expect(world.log).toEqual([])
    expect(world.failures).toEqual(['directory: One device is asked about too often'])
    milliseconds = 30_001
    expect((await world.lookUp()).proofs['compliantDevice']).toBe('yes')
    expect(await world.lookUp({ userId: otherUser })).toMatchObject(outage(30, 'directory', 'intune'))
  })

  it('take nothing from those of another device, nor from who waits for the same answer', async () => {
    const world = await graphWorld({ clock: () => 0 })
    await lookUpOften(world, 5)
    const shared = await Promise.all([world.lookUp(), world.lookUp()])
    expect(shared.map(({ proofs }) => proofs['compliantDevice'])).toEqual(['yes', 'yes'])
    expect((await world.lookUp({ deviceId: otherUser })).attributes).toBe(null)
  })
})

describe('the directory of another tenant', () => {
  it('is never asked, and says nothing', async () => {
    const world = await graphWorld()
    const elsewhere = { ...question, directoryId: otherUser }
    expect(await world.lookUp(elsewhere)).toMatchObject(outage(60, 'directory', 'intune'))
    expect(world.log).toEqual([])
    const none = silentDirectory.lookUp(
      question,
      openDeadline(1_000, () => performance.now()),
    )
    expect(await none).toMatchObject(outage(60, 'directory', 'intune'))
  })
})
