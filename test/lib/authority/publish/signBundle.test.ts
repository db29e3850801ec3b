import { randomUUID, X509Certificate } from 'node:crypto'
import { compactVerify } from 'jose'
import { describe, expect, it } from 'vitest'
import {
  type Generation,
  type GenerationState,
  offlineKeyReference,
} from '../../../../lib/authority/generation.ts'
import { bundleSigners, signBundle, signBundleByEach } from '../../../../lib/authority/publish/signBundle.ts'
import { Refusal } from '../../../../lib/errors/refusal.ts'
import { authorityAlgorithms } from '../../../../lib/keys/signer.ts'
import { testTime } from '../../../world.ts'
import { daysAway, generationIn, generationOf } from '../generations.ts'
import { makeAuthority, type MadeAuthority } from '../madeAuthority.ts'

const requestId = 'f9a5c1f0-0000-4000-8000-000000000001'

const rootOf = async (made: MadeAuthority): Promise<Generation> =>
  generationIn(await made.read(), 'root~0001')

/** The bundle of an authority, as JSON. */
const jsonOf = async (made: MadeAuthority): Promise<Buffer> =>
  Buffer.from((await made.read()).bundle.encodings['trust.json'])

const headerOf = (jws: string): unknown =>
  JSON.parse(Buffer.from(jws.split('.')[0] ?? '', 'base64url').toString())

describe('signBundle()', () => {
  it.each(authorityAlgorithms)(
    'makes a JWS of %s that jose verifies with the root of its x5c',
    async (algorithm) => {
      await using made = await makeAuthority({ authority: { algorithm } })
      const [root, json] = [await rootOf(made), await jsonOf(made)]
      const jws = await signBundle(json, root, { keys: made.keys, requestId })
      const { publicKey } = new X509Certificate(root.certificate)
      const verified = await compactVerify(jws, publicKey, { algorithms: [algorithm] })
      expect(Buffer.from(verified.payload).equals(json)).toBe(true)
      expect(headerOf(jws)).toEqual({
        alg: algorithm,
        typ: 'mayfly-trust+jws',
        x5c: [Buffer.from(root.certificate).toString('base64')],
      })
      const octets = { ES256: 64, ES384: 96, RS256: 256 }[algorithm]
      expect(Buffer.from(jws.split('.')[2] ?? '', 'base64url').length).toBeGreaterThanOrEqual(octets)
      expect(jws).toMatch(/^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/)
    },
  )

  it('makes signatures of one width, whatever r and s are', async () => {
    await using made = await makeAuthority()
    const root = await rootOf(made)
    const { publicKey } = new X509Certificate(root.certificate)
    const json = await jsonOf(made)
    for (let count = 0; count < 300; count++) {
      const jws = await signBundle(json, root, { keys: made.keys, requestId })
      expect(Buffer.from(jws.split('.')[2] ?? '', 'base64url')).toHaveLength(64)
      await compactVerify(jws, publicKey)
    }
  })

  it('signs nothing that could be a TBSCertificate, under the request id it is given', async () => {
    await using made = await makeAuthority()
    const seen: [first: number | undefined, id: string][] = []
    made.keys.signInstead = (signer, octets, id) => {
      seen.push([octets.octets[0], id])
      return signer.sign(octets, id)
    }
    await signBundle(await jsonOf(made), await rootOf(made), { keys: made.keys, requestId })
    expect(seen).toEqual([['e'.charCodeAt(0), requestId]])
  })

  it.each([
    ['signs something else', 'other'],
    ['returns no signature', ''],
    ['returns garbage', 'garbage'],
  ])('refuses a key that %s', async (_, kind) => {
    await using made = await makeAuthority()
    const root = await rootOf(made)
    made.keys.signInstead = (signer) =>
      kind === 'other' ? signer.probe(requestId) : Promise.resolve(Buffer.from(kind))
    await expect(signBundle(await jsonOf(made), root, { keys: made.keys, requestId })).toRefuse(
      'signature-unverified',
      /root~0001/,
    )
  })

  it("refuses a key that is not the root's, of the same algorithm or another", async () => {
    await using made = await makeAuthority()
    await using strong = await makeAuthority({ authority: { algorithm: 'ES384' } })
    const root = await rootOf(made)
    const { keyReference } = generationIn(await made.read(), 'root~0002')
    const { keyReference: stronger } = await rootOf(strong)
    await expect(
      signBundle(await jsonOf(made), { ...root, keyReference }, { keys: made.keys, requestId }),
    ).toRefuse('key-mismatch')
    const mixed = { ...root, keyReference: stronger }
    await expect(signBundle(await jsonOf(made), mixed, { keys: strong.keys, requestId })).toRefuse(
      'key-mismatch',
    )
  })
})

describe('bundleSigners()', () => {
  const root = (number: number, state: GenerationState, changes: Partial<Generation> = {}) =>
    generationOf(`root~000${number}`, state, changes)
  const offline = { keyReference: offlineKeyReference }
  const signers = (...generations: readonly Generation[]) =>
    bundleSigners(generations, testTime).map(({ id }) => id)

  it('puts the root first that relying parties have known longest, whatever its state', () => {
    const roots = [
      root(1, 'active', { publishedSequence: 9 }),
      root(2, 'staged', { publishedSequence: 3 }),
      root(3, 'retiring', { publishedSequence: 4 }),
    ]
    expect(signers(...roots)).toEqual(['root~0002', 'root~0003', 'root~0001'])
  })

  it('puts the first of those first that one bundle published', () => {
    const earlier = root(3, 'staged', { publishedAt: daysAway(-31) })
    expect(signers(root(2, 'active'), root(1, 'staged'), earlier)).toEqual([
      'root~0003',
      'root~0001',
      'root~0002',
    ])
  })

  it('passes over a root whose key is offline', () => {
    expect(signers(root(1, 'active', offline), root(2, 'staged'))).toEqual(['root~0002'])
  })

  it('passes over a root that has ended or not begun, to the millisecond', () => {
    const valid = (notBefore: Date, notAfter: Date) => {
      const one = root(1, 'active')
      return signers({ ...one, tbs: { ...one.tbs, notBefore, notAfter } }).length === 1
    }
    const [before, after] = [-1, 1].map((shift) => new Date(testTime.getTime() + shift))
    expect(valid(testTime, after ?? testTime)).toBe(true)
    expect(valid(before ?? testTime, testTime)).toBe(false)
    expect(valid(after ?? testTime, daysAway(1))).toBe(false)
  })

  it('are no issuer, and no root that is retired or tainted', () => {
    expect(signers(generationOf('issuer~0001', 'active'), root(1, 'retired'), root(2, 'tainted'))).toEqual([])
  })
})

describe('signBundleByEach()', () => {
  const signerOf = (jws: string) => (headerOf(jws) as { readonly x5c: readonly string[] }).x5c[0]

  const opened = async (made: MadeAuthority) => {
    const authority = await made.read()
    const roots = bundleSigners(authority.generations, testTime)
    return {
      roots,
      json: await jsonOf(made),
      certificates: roots.map(({ certificate }) => Buffer.from(certificate).toString('base64')),
    }
  }
  const lost = (root: Generation, keyReference = `${root.keyReference}-lost`) => ({ ...root, keyReference })
  const signing = ({ keys }: MadeAuthority) => ({ keys, uuid: randomUUID })

  it('signs with each, the best first, under a request id each', async () => {
    await using made = await makeAuthority()
    const { roots, json, certificates } = await opened(made)
    expect(roots.map(({ id }) => id)).toEqual(['root~0001', 'root~0002'])
    const ids = new Set<string>()
    made.keys.signInstead = (signer, octets, id) => signer.sign(octets, ids.add(id) && id)
    const { jws, cosigned, unsigned } = await signBundleByEach(json, roots, signing(made))
    expect([jws, ...cosigned].map(signerOf)).toEqual(certificates)
    expect(unsigned).toEqual([])
    expect(ids.size).toBe(2)
    for (const [index, one] of [jws, ...cosigned].entries()) {
      const { publicKey } = new X509Certificate(roots[index]?.certificate ?? '')
      expect(Buffer.from((await compactVerify(one, publicKey)).payload).equals(json)).toBe(true)
    }
  })

  it('leaves out a key that is lost, another, or not within reach, and tells the history', async () => {
    await using made = await makeAuthority()
    const { roots, json, certificates } = await opened(made)
    const [first, second] = roots as [Generation, Generation]
    for (const [useless, code] of [
      [lost(first), 'key-file-refused'],
      [lost(first, second.keyReference), 'key-mismatch'],
      [lost(first, 'https://elsewhere.example/keys/root'), 'signer-refused'],
    ] as const) {
      const { jws, cosigned, unsigned } = await signBundleByEach(json, [useless, second], signing(made))
      expect([signerOf(jws), cosigned]).toEqual([certificates[1], []])
      expect(unsigned).toEqual([`root~0001 did not sign the bundle: ${code}`])
    }
  })

  it.each(['signer-refused', 'signer-unavailable'] as const)(
    'leaves out a key that opens and will not sign: %s',
    async (code) => {
      await using made = await makeAuthority()
      const { roots, json, certificates } = await opened(made)
      let calls = 0
      made.keys.signInstead = (signer, octets, id) =>
        calls++ === 0 ? Promise.reject(new Refusal(code, 'It will not.')) : signer.sign(octets, id)
      const { jws, unsigned } = await signBundleByEach(json, roots, signing(made))
      expect(certificates).toContain(signerOf(jws))
      expect(unsigned).toEqual([expect.stringMatching(`^root~000[12] did not sign the bundle: ${code}$`)])
    },
  )

  it('names each cause when no key works, and is worth another try when one of them is', async () => {
    await using made = await makeAuthority()
    const { roots, json } = await opened(made)
    const all = signBundleByEach(
      json,
      roots.map((root) => lost(root)),
      signing(made),
    )
    await expect(all).toRefuse(
      'key-file-refused',
      /^Cannot sign the trust bundle\. root~0001: .*-lost.* root~0002: .*-lost/,
    )
    const [first, second] = roots as [Generation, Generation]
    const options = { retryAfterSeconds: 7 }
    made.keys.signInstead = () => Promise.reject(new Refusal('signer-unavailable', 'It is down.', options))
    const refused = signBundleByEach(json, [lost(first), second], signing(made))
    await expect(refused).toRefuse(
      'signer-unavailable',
      /^Cannot sign the trust bundle\. root~0001: .*-lost.* root~0002: It is down\.$/,
    )
    expect(await refused.catch((error: unknown) => error)).toMatchObject({ options })
  })

  it('is refused without roots', async () => {
    await using made = await makeAuthority()
    await expect(signBundleByEach(Buffer.from('{}'), [], signing(made))).toRefuse(
      'transition-refused',
      /no root is left that is valid now and whose key is online/,
    )
  })

  it('does not hide that a key lies, or a defect', async () => {
    await using made = await makeAuthority()
    const { roots, json } = await opened(made)
    made.keys.signInstead = () => Promise.resolve(Buffer.from('garbage'))
    await expect(signBundleByEach(json, roots, signing(made))).toRefuse('signature-unverified')
    made.keys.signInstead = () => Promise.reject(new Error('a defect'))
    await expect(signBundleByEach(json, roots, signing(made))).rejects.toThrow('a defect')
  })
})
