import { afterEach, describe, expect, it, vi } from 'vitest'
import { openDeadline } from '../../../lib/deadline/deadline.ts'
import type { Directory, DirectoryQuestion, DirectoryWord } from '../../../lib/directory/directory.ts'
import type { EvidenceOrder } from '../../../lib/evidence/evidenceOrder.ts'
import { gatherEvidence } from '../../../lib/evidence/gatherEvidence.ts'
import type { DeviceEvidence } from '../../../lib/policy/signals/deviceEvidence.ts'
import type { FetchJson } from '../../../lib/token/fetchJson.ts'
import { keySets } from '../../../lib/token/keySets.ts'
import { eatClaims, testAttestationService } from '../../attestations.ts'
import type { Members } from '../../tenants.ts'
import { testUser } from '../../tokens.ts'
import { directoryId, entraTenant, now, verifyEntra } from '../token/verifying.ts'
import { csr, evidenceOf, freshKeys, mdmTrust, orderOf, posture, told } from './orders.ts'

afterEach(() => void vi.useRealTimers())

const known: DirectoryWord = {
  attributes: { operatingSystem: 'Windows' },
  proofs: { compliantDevice: 'yes' },
  facts: [{ fact: 'platform', source: 'directory', value: 'windows', at: 7 }],
  troubles: [],
}

/** A directory that knows the device, and remembers what it was asked. */
const directoryOf = () => {
  const asked: DirectoryQuestion[] = []
  const directory: Directory = {
    lookUp(question) {
      asked.push(question)
      return Promise.resolve(known)
    },
  }
  return { asked, directory }
}

const gathered = async (changes: Partial<EvidenceOrder>, order?: EvidenceOrder) => {
  const { network, keys } = freshKeys()
  const { asked, directory } = directoryOf()
  const evidence = await gatherEvidence(order ?? (await orderOf(changes)), { keys, directory })
  return { evidence, fetched: network.fetched, asked }
}

const ofDirectory = (changes: Members = {}) =>
  evidenceOf({ directory: { kind: 'entra', directoryId, ...changes } })

const garbage = { posture: 'garbage', attestation: 'garbage' }

describe('gatherEvidence() asks nobody', () => {
  it('for a tenant without evidence, whatever the request has', async () => {
    const { evidence, fetched, asked } = await gathered({ configured: undefined, presented: garbage })
    expect(evidence).toBeUndefined()
    expect([fetched, asked]).toEqual([[], []])
  })

  it('about tokens of a kind that the tenant has not configured', async () => {
    const { evidence } = await gathered({ configured: evidenceOf({}), presented: garbage })
    expect(evidence).toEqual({ facts: [], directory: undefined, troubles: [] })
  })

  it('about tokens none of whose facts is asked for', async () => {
    const presented = { posture: await posture(), attestation: undefined }
    const { evidence, fetched } = await gathered({ presented, asked: new Set(['secureBoot']) })
    expect(evidence?.troubles).toEqual([])
    expect(evidence?.facts.map(({ value }) => value)).toEqual([undefined, undefined, undefined, undefined])
    expect(fetched).toEqual([])
  })
})

describe('gatherEvidence() with a posture token', () => {
  it('tells what it says', async () => {
    const { evidence } = await gathered({ presented: { posture: await posture(), attestation: undefined } })
    expect(evidence).toMatchObject({ directory: undefined, troubles: [] })
    expect(told(evidence?.facts ?? [])).toMatchObject({ platform: 'windows', systemDriveEncrypted: true })
  })

  it('that is not there makes all that it could tell unknown, and says so', async () => {
    const { evidence, fetched } = await gathered({})
    expect(evidence?.facts).toHaveLength(4)
    expect(evidence?.facts.every(({ value, source }) => value === undefined && source === 'posture')).toBe(
      true,
    )
    expect(evidence?.troubles).toMatchObject([
      { code: 'posture-refused', why: 'the request has no posture token' },
    ])
    expect(fetched).toEqual([])
  })

  it('waits for keys as the request can, for half of its time at most', async () => {
    vi.useFakeTimers()
    const { asked, directory } = directoryOf()
    const keys = keySets({ fetchJson: () => new Promise(() => {}), now: () => now })
    const order = await orderOf({
      configured: evidenceOf({ posture: [mdmTrust()], directory: { kind: 'entra', directoryId } }),
      presented: { posture: await posture(), attestation: undefined },
      deadline: openDeadline(1_000, () => performance.now()),
    })
    const gathering = gatherEvidence(order, { keys, directory })
    await vi.advanceTimersByTimeAsync(499)
    expect(asked).toEqual([])
    await vi.advanceTimersByTimeAsync(1)
    expect(asked).toHaveLength(1)
    expect((await gathering)?.troubles).toMatchObject([
      { source: 'posture', code: 'token-keys-unavailable', retryAfterSeconds: 5 },
    ])
  })
})

describe('gatherEvidence() with tokens of both kinds', async () => {
  const service = await testAttestationService('https://maa.example', { now: () => now, claims: eatClaims })
  const tokens = { posture: await posture(), attestation: await service.attest(csr.keyHash) }
  const network = freshKeys().network
  const fetchJson: FetchJson = async (url) => service.documents()[url] ?? network.fetchJson(url)
  const eat = {
    kind: 'eat',
    issuer: service.url,
    binding: { path: 'eat_nonce' },
    facts: { secureBoot: 'oemboot' },
  }
  const configured = evidenceOf({ anyMachine: true, posture: [mdmTrust()], attestation: [eat] })

  const both = async (presented: EvidenceOrder['presented'], fetchKeys = fetchJson) => {
    const keys = keySets({ now: () => now, fetchJson: fetchKeys })
    const order = await orderOf({ configured, presented })
    return gatherEvidence(order, { keys, directory: directoryOf().directory })
  }

  it('verifies them side by side', async () => {
    const begun = new Set<string>()
    const evidence = await both(tokens, async (url) => {
      begun.add(new URL(url).origin)
      // Whoever waited for the other kind to end would wait in vain.
      await vi.waitFor(() => expect(begun.size).toBe(2), 20_000)
      return fetchJson(url)
    })
    expect(evidence?.troubles).toEqual([])
    expect(told(evidence?.facts ?? [])).toMatchObject({ platform: 'windows', secureBoot: true })
  })

  it.each<[keyof typeof tokens, Members]>([
    ['posture', { platform: undefined, secureBoot: true }],
    ['attestation', { platform: 'windows', secureBoot: undefined }],
  ])('lets nothing but a %s token tell what such tokens tell', async (kind, facts) => {
    const [other] = (['posture', 'attestation'] as const).filter((one) => one !== kind)
    const evidence = await both({ ...tokens, [kind]: other && tokens[other] })
    expect(evidence?.troubles).toMatchObject([{ source: kind, code: `${kind}-refused` }])
    expect(told(evidence?.facts ?? [])).toMatchObject(facts)
  })
})

describe('gatherEvidence() asks the directory', () => {
  it('about the device of the compliance token, and adds what it says', async () => {
    const { evidence, asked } = await gathered({ configured: ofDirectory({ intune: true }) })
    const { attributes, proofs, facts, troubles } = known
    expect(evidence).toEqual({ facts, directory: { attributes, proofs }, troubles })
    expect(asked).toMatchObject([
      {
        directoryId,
        deviceId: testUser.deviceId,
        userId: undefined,
        proves: ['compliantDevice'],
        intune: true,
      },
    ])
  })

  it('after the tokens, where its word can matter', async () => {
    const seen: DeviceEvidence[] = []
    const { evidence, asked } = await gathered({
      configured: evidenceOf({ posture: [mdmTrust()], directory: { kind: 'entra', directoryId } }),
      presented: { posture: await posture(), attestation: undefined },
      isWorthAsking(soFar) {
        seen.push(soFar)
        return false
      },
    })
    expect(asked).toEqual([])
    expect(evidence).toEqual(seen[0])
    expect(evidence).toMatchObject({
      directory: { attributes: undefined, proofs: { compliantDevice: 'unknown' } },
      troubles: [],
    })
    expect(evidence?.facts.filter(({ value }) => value !== undefined)).toHaveLength(4)
    expect(evidence?.facts.filter(({ source }) => source === 'directory')).not.toEqual([])
  })

  it('not at all where the compliance token names no device', async () => {
    const order = await orderOf({ configured: ofDirectory() }, { claims: { device_id: undefined } })
    const { evidence, asked } = await gathered({}, order)
    expect(asked).toEqual([])
    expect(evidence).toMatchObject({
      directory: { attributes: undefined, proofs: { compliantDevice: 'unknown' } },
      troubles: [{ source: 'directory', code: 'device-not-compliant', retryAfterSeconds: undefined }],
    })
  })

  const oid = 'd9b2f6c0-1f43-4f5a-9c80-6d1f5b1a2e44'
  const ofUser = async (claims: Members, userIdClaim: unknown) => {
    const order = await orderOf({ configured: ofDirectory({ userIdClaim }) }, { claims })
    const [question] = (await gathered({}, order)).asked
    return question?.userId
  }

  it.each<[string, Members, unknown, string | undefined]>([
    ['by the claim that has the id', { oid: oid.toUpperCase() }, 'oid', oid],
    ['by a claim within another', { user: { id: oid } }, ['user', 'id'], oid],
    ['as nobody, where the claim is absent', {}, 'oid', undefined],
    ['as nobody, where it is no id', { oid: 'alice' }, 'oid', undefined],
    [
      'as nobody, where no claim is named and the token is not of the directory',
      { sub: oid },
      undefined,
      undefined,
    ],
  ])('about the user %s', async (_, claims, userIdClaim, userId) => {
    expect(await ofUser(claims, userIdClaim)).toBe(userId)
  })

  it.each([
    ['by the oid of the token of the directory itself', directoryId, oid],
    ['as nobody, where the token is of another directory', directoryId.replace('c2', 'c3'), undefined],
  ])('about the user %s', async (_, asked, userId) => {
    const token = await verifyEntra(
      { claims: { device_id: testUser.deviceId } },
      entraTenant({ deviceIdClaim: 'device_id' }),
    )
    const order = await orderOf({ token, configured: ofDirectory({ directoryId: asked }) })
    expect((await gathered({}, order)).asked).toMatchObject([{ userId }])
  })
})
