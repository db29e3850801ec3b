import { describe, expect, it } from 'vitest'
import type { Authority } from '../../../../lib/authority/authority.ts'
import { type Generation, offlineKeyReference } from '../../../../lib/authority/generation.ts'
import { type RootStaging, stageRoot, waitingRoot } from '../../../../lib/authority/change/stageRoot.ts'
import { Refusal } from '../../../../lib/errors/refusal.ts'
import { extensionValue } from '../../../../lib/x509/certificate.ts'
import {
  decodeBasicConstraints,
  decodeSubjectKeyIdentifier,
  extensionOid,
} from '../../../../lib/x509/extension.ts'
import type { TbsCertificate } from '../../../../lib/x509/tbsCertificate.ts'
import { testTime } from '../../../world.ts'
import { opensslVerifier } from '../../profile/fixtures/opensslVerify.ts'
import { authorityOf, crossOf, daysAway, endingAt, generationIn, generationOf } from '../generations.ts'
import { makeAuthority, type MadeAuthority } from '../madeAuthority.ts'
import { offlineRoot } from './offlineRoot.ts'

const verify = opensslVerifier()
const half = Math.ceil(((3 * 365 * 24 + 1) / 2) * 3_600_000)

/** When half of the life of a root made at `testTime` is over. */
const halfLife = new Date(testTime.getTime() - 3_600_000 + half)

const stage = async (
  made: MadeAuthority,
  { staging = {}, now = testTime }: { staging?: RootStaging; now?: Date } = {},
) => {
  const before = await made.read()
  return { before, ...(await stageRoot(made.tenant, { before, staging }, made.ceremony(now))) }
}

const identifier = (tbs: TbsCertificate) =>
  Buffer.from(
    decodeSubjectKeyIdentifier(extensionValue(tbs, extensionOid.subjectKeyIdentifier) ?? new Uint8Array()),
  )

/** Puts the standby root to work and stages the next. */
const rolledOver = async (made: MadeAuthority, now = testTime) => {
  const before = await made.read()
  const to = (one: Generation) => {
    if (one.id === 'root~0002') return { ...one, state: 'active' as const }
    return one.id === 'root~0001' ? { ...one, state: 'retiring' as const } : one
  }
  const { crossCertificates } = before
  const said = { action: 'activate', changes: [], forced: [], reason: '' }
  const change = { ...said, generations: before.generations.map(to), crossCertificates }
  return made.apply({ before, change }, now)
}

describe('waitingRoot()', () => {
  const standby = endingAt(generationOf('root~0002', 'staged'), daysAway(100))
  const fresh = { ...standby, tbs: { ...standby.tbs, notBefore: daysAway(-100) } }

  it('is a staged root with half of its life left, to the millisecond', () => {
    const authority = authorityOf([generationOf('root~0001', 'active'), fresh])
    expect(waitingRoot(authority, {}, testTime)).toBe(fresh)
    expect(waitingRoot(authority, {}, new Date(testTime.getTime() + 1))).toBeUndefined()
  })

  it('is no root that was at work, and no issuer', () => {
    const others = (['active', 'retiring', 'retired', 'tainted'] as const).map((state, index) => ({
      ...fresh,
      id: `root~000${index + 1}`,
      state,
    }))
    const issuer = generationOf('issuer~0001', 'staged')
    expect(waitingRoot(authorityOf([...others, issuer]), {}, testTime)).toBeUndefined()
  })

  it('is no root whose key is offline, unless it is the one of the certificate', () => {
    const offline = { ...fresh, keyReference: offlineKeyReference }
    expect(waitingRoot(authorityOf([offline]), {}, testTime)).toBeUndefined()
    expect(waitingRoot(authorityOf([offline, { ...fresh, id: 'root~0003' }]), {}, testTime)?.id).toBe(
      'root~0003',
    )
    const { certificate } = offline
    expect(waitingRoot(authorityOf([offline]), { certificate }, testTime)).toBe(offline)
  })

  it('refuses to certify the older roots by one that waits, unless it did', () => {
    const generations = [generationOf('root~0001', 'active'), fresh]
    const old = crossOf('root~0001', 'root~0002')
    const asked = { oldWithNew: true }
    for (const cross of [[], [crossOf('root~0002', 'root~0001')], [crossOf('root~0001', 'root~0003')]])
      expect(() => waitingRoot(authorityOf(generations, cross), asked, testTime)).toRefuse(
        'transition-refused',
        /^Cannot certify the older roots by the new one: root~0002 was staged without that/,
      )
    expect(waitingRoot(authorityOf(generations, [old]), asked, testTime)).toBe(fresh)
    const alone = authorityOf([generationOf('root~0001', 'retired'), fresh])
    expect(waitingRoot(alone, asked, testTime)).toBe(fresh)
  })

  it('is the root made from the certificate, however old, where one is given', () => {
    const authority = authorityOf([fresh])
    expect(waitingRoot(authority, { certificate: fresh.certificate }, daysAway(99))).toBe(fresh)
    expect(waitingRoot(authority, { certificate: Buffer.from('another') }, testTime)).toBeUndefined()
  })
})

describe('stageRoot()', () => {
  it('reuses the standby root while half of its life is left, and signs nothing', async () => {
    await using made = await makeAuthority()
    const { generation, change } = await stage(made, { now: new Date(halfLife.getTime() - 1_000) })
    expect([generation.id, change]).toEqual(['root~0002', undefined])
    expect(made.keys.signatures).toBe(0)
  })

  it('makes another when it is older', async () => {
    await using made = await makeAuthority()
    const { generation, change } = await stage(made, { now: new Date(halfLife.getTime() + 1_000) })
    expect(generation).toMatchObject({ id: 'root~0003', state: 'staged', publishedSequence: 2 })
    expect(change).toMatchObject({
      action: 'stage-root',
      changes: ['root~0003 staged', 'cross~0003-0001 made', 'cross~0003-0002 made'],
      forced: [],
    })
  })

  it('certifies the new root by every older one that is published (NewWithOld), and none by it', async () => {
    await using made = await makeAuthority()
    const before = await rolledOver(made)
    const staged = await stage(made)
    const ids = staged.change?.crossCertificates.map(({ id }) => id)
    expect(ids).toEqual([
      ...before.crossCertificates.map(({ id }) => id),
      'cross~0003-0001',
      'cross~0003-0002',
    ])
    const after = await made.apply(staged)
    expect(after.crossCertificates.map(({ id }) => id)).toEqual([
      'cross~0002-0001',
      'cross~0003-0001',
      'cross~0003-0002',
    ])
    for (const { id, tbs, subject, signedBy } of after.crossCertificates) {
      const [root, by] = [generationIn(after, subject), generationIn(after, signedBy)]
      expect(tbs.subject, id).toEqual(root.tbs.subject)
      expect(tbs.issuer, id).toEqual(by.tbs.subject)
      expect(identifier(tbs), id).toEqual(identifier(root.tbs))
      const constraints = extensionValue(tbs, extensionOid.basicConstraints) ?? new Uint8Array()
      expect(decodeBasicConstraints(constraints), id).toEqual({ ca: true, pathLenConstraint: 1 })
      expect(tbs.notAfter <= by.tbs.notAfter && tbs.notAfter <= root.tbs.notAfter, id).toBe(true)
    }
  })

  it('certifies it by no root that is retired or tainted', async () => {
    await using made = await makeAuthority()
    const before = await rolledOver(made)
    for (const state of ['retired', 'tainted'] as const) {
      const generations = before.generations.map((one) => (one.id === 'root~0001' ? { ...one, state } : one))
      const { change } = await stageRoot(
        made.tenant,
        { before: { ...before, generations }, staging: {} },
        made.ceremony(),
      )
      expect(change?.changes).toEqual(['root~0003 staged', 'cross~0003-0002 made'])
    }
  })

  it('certifies the older roots by the new one only when asked to (OldWithNew)', async () => {
    await using made = await makeAuthority()
    await rolledOver(made)
    const { change } = await stage(made, { staging: { oldWithNew: true } })
    expect(change?.changes).toEqual([
      'root~0003 staged',
      'cross~0003-0001 made',
      'cross~0003-0002 made',
      'cross~0001-0003 made',
      'cross~0002-0003 made',
    ])
  })

  it('makes cross certificates with which openssl goes from the issuer of one root to the other', async () => {
    await using made = await makeAuthority()
    await rolledOver(made)
    const after = await made.apply(await stage(made, { staging: { oldWithNew: true } }))
    const certificateOf = (id: string) => generationIn(after, id).certificate
    const [root1, root3] = [certificateOf('root~0001'), certificateOf('root~0003')]
    const certificate = certificateOf('issuer~0001')
    const options = ['-attime', String(Math.floor(testTime.getTime() / 1000))]
    const oldWithNew = after.crossCertificates.filter(({ id }) => id === 'cross~0001-0003')
    verify({ roots: [root1], certificate, options })
    verify({ roots: [root3], untrusted: oldWithNew.map((cross) => cross.certificate), certificate, options })
    expect(() => verify({ roots: [root3], certificate, options })).toThrow(/unable to get/)
  })

  it('gives every root a name of its own', async () => {
    await using made = await makeAuthority()
    await rolledOver(made)
    const after = await made.apply(await stage(made))
    const names = after.generations.map(({ tbs }) => Buffer.from(tbs.subject).toString('hex'))
    expect(new Set(names).size).toBe(names.length)
  })

  it.each([
    ['lost', () => 'local:lost'],
    ["another root's", (authority: Authority) => generationIn(authority, 'root~0002').keyReference],
  ])('does without an older root whose key is %s, and says so', async (_, referenceIn) => {
    await using made = await makeAuthority()
    const before = await rolledOver(made)
    const generations = before.generations.map((one) =>
      one.id === 'root~0001' ? { ...one, keyReference: referenceIn(before) } : one,
    )
    const staged = stageRoot(
      made.tenant,
      { before: { ...before, generations }, staging: {} },
      made.ceremony(),
    )
    const { change } = await staged
    expect(change?.changes).toEqual([
      'root~0003 staged',
      'cross~0003-0001 not made: the key of root~0001 does not answer',
      'cross~0003-0002 made',
    ])
    expect(change?.crossCertificates.map(({ id }) => id)).toEqual(['cross~0002-0001', 'cross~0003-0002'])
  })

  it('does without an older root whose key opens and will not sign, but hides no defect', async () => {
    await using made = await makeAuthority()
    const { keyReference } = generationIn(await rolledOver(made), 'root~0001')
    const { publicKey } = await made.keys.open(keyReference)
    const refusing = (error: Error) => {
      made.keys.signInstead = async (signer, octets, id) => {
        if (Buffer.compare(signer.publicKey, publicKey) === 0) throw error
        return signer.sign(octets, id)
      }
      return stage(made)
    }
    const { change } = await refusing(new Refusal('signer-refused', 'It is disabled.'))
    expect(change?.changes).toContain('cross~0003-0001 not made: the key of root~0001 does not answer')
    await expect(refusing(new Error('a defect'))).rejects.toThrow('a defect')
  })

  it('certifies it by no root that has ended, nor that by it', async () => {
    await using made = await makeAuthority()
    const before = await rolledOver(made)
    const generations = before.generations.map((one) =>
      one.id === 'root~0001' ? endingAt(one, testTime) : one,
    )
    const staging = { oldWithNew: true }
    const ended = stageRoot(made.tenant, { before: { ...before, generations }, staging }, made.ceremony())
    expect((await ended).change?.changes).toEqual([
      'root~0003 staged',
      'cross~0003-0002 made',
      'cross~0002-0003 made',
    ])
  })

  it('certifies each of several standby roots by those staged before it', async () => {
    await using made = await makeAuthority()
    const now = new Date(halfLife.getTime() + 1_000)
    const second = await made.apply(await stage(made, { now }), now)
    expect(second.crossCertificates.map(({ id }) => id)).toEqual([
      'cross~0002-0001',
      'cross~0003-0001',
      'cross~0003-0002',
    ])
  })
})

describe('stageRoot() of a root made elsewhere', () => {
  it('takes it in beside the standby root, certified by the online ones; a second time it waits already', async () => {
    const { certificate, from } = await offlineRoot()
    await using made = await makeAuthority({}, from)
    const first = await stage(made, { staging: { certificate, oldWithNew: true }, now: from })
    expect(first.generation).toMatchObject({ id: 'root~0003', keyReference: 'offline:' })
    expect(first.change?.changes).toEqual([
      'root~0003 staged',
      'cross~0003-0001 made',
      'cross~0003-0002 made',
    ])
    const after = await made.apply(first, from)
    expect(generationIn(after, 'root~0003').certificate).toEqual(certificate)
    const again = await stage(made, { staging: { certificate }, now: from })
    expect([again.generation.id, again.change]).toEqual(['root~0003', undefined])
  })

  it('is certified by no offline root', async () => {
    const [one, two] = [
      await offlineRoot(),
      await offlineRoot({ subject: '/O=Contoso/CN=Contoso VPN offline root 2' }),
    ]
    const now = two.from
    await using made = await makeAuthority({}, now)
    const first = await stage(made, { staging: { certificate: one.certificate }, now })
    const before = await made.apply(first, now)
    const generations = before.generations.map((root) =>
      root.id === 'root~0003' ? { ...root, state: 'active' as const } : root,
    )
    const staging = { certificate: two.certificate }
    const { change } = await stageRoot(
      made.tenant,
      { before: { ...before, generations }, staging },
      made.ceremony(now),
    )
    expect(change?.changes).toEqual(['root~0004 staged', 'cross~0004-0001 made', 'cross~0004-0002 made'])
  })
})
