import { describe, expect, it } from 'vitest'
import { localKeys } from '../../../lib/keys/localKeys.ts'
import { type NamedKey, probeKey, signPrepared } from '../../../lib/keys/signPrepared.ts'
import { probeOctets } from '../../../lib/keys/signer.ts'
import {
  type Prepared,
  checkGoodFor,
  claim,
  prepareBundle,
  prepareCross,
  prepareIssuer,
  prepareLeaf,
  prepareRequest,
  prepareRoot,
} from '../../../lib/prepared/prepared.ts'
import { leafTbs } from '../../../lib/profile/leafProfile.ts'
import { DerError } from '../../../lib/x509/derReader.ts'
import { parsePublicKey } from '../../../lib/x509/publicKey.ts'
import { verifiesSignature } from '../../../lib/x509/signatureAlgorithm.ts'
import { encodeTbsCertificate, parseTbsCertificate } from '../../../lib/x509/tbsCertificate.ts'
import { temporaryFolder } from '../../local/temporaryFolder.ts'
import { makeAuthority } from '../authority/madeAuthority.ts'
import { preparedFor } from '../../preparedFor.ts'
import { issuerExpectation, rootExpectation } from '../profile/fixtures/authority.ts'
import { makeHierarchy, makeKeyPair } from '../profile/fixtures/hierarchy.ts'
import { expectationOf, leafRequest } from '../profile/fixtures/leaf.ts'
import { crossExpectation, newWithOldTbs } from '../profile/fixtures/cross.ts'

const hierarchy = makeHierarchy('ES256')
const { rootKey, issuerKey } = hierarchy
const request = leafRequest(hierarchy, makeKeyPair('ES256').publicKey)
const leaf = encodeTbsCertificate(leafTbs(request))

const prepareTheLeaf = (tbs = leaf) => prepareLeaf(tbs, expectationOf(request))

const openedKey = async (): Promise<NamedKey> => {
  const keys = localKeys(await temporaryFolder())
  const key = await keys.open(await keys.create('contoso.issuer-1', 'ES256'))
  const { keyObject: publicKey, spki } = parsePublicKey(key.publicKey)
  return { key, algorithm: 'ES256', publicKey, spki, name: 'issuer~0001' }
}

describe('Prepared', () => {
  it('is made of nothing that breaks a rule, whatever it is to be', () => {
    const broken = Buffer.from(leaf)
    broken[broken.length - 1] = (broken.at(-1) ?? 0) ^ 1
    expect(() => prepareTheLeaf(broken)).toRefuse('lint-failed')
    expect(() => prepareTheLeaf(encodeTbsCertificate(hierarchy.issuer))).toRefuse('lint-failed')
    expect(() => prepareRoot(leaf, rootExpectation(hierarchy))).toRefuse('lint-failed')
    expect(() => prepareIssuer(leaf, issuerExpectation(hierarchy))).toRefuse('lint-failed')
    const next = makeKeyPair('ES256').publicKey
    expect(() => prepareCross(leaf, crossExpectation(hierarchy, next))).toRefuse('lint-failed')
    const cross = encodeTbsCertificate(newWithOldTbs(hierarchy, next))
    expect(() => prepareCross(cross, crossExpectation(hierarchy, next))).not.toThrow()
    const asked = { subject: leaf, subjectPublicKeyInfo: issuerKey.publicKey.spki, extensions: [] }
    expect(() => prepareRequest(asked)).toThrow(DerError)
  })

  it('is for the key that its issuer has, whatever it is', () => {
    const issuer = issuerExpectation(hierarchy)
    const next = makeKeyPair('ES256').publicKey
    const cross = encodeTbsCertificate(newWithOldTbs(hierarchy, next))
    const prepared = [
      [prepareTheLeaf(), issuerKey],
      [prepareRoot(encodeTbsCertificate(hierarchy.root), rootExpectation(hierarchy)), rootKey],
      [prepareIssuer(encodeTbsCertificate(hierarchy.issuer), issuer), rootKey],
      [prepareCross(cross, crossExpectation(hierarchy, next)), rootKey],
      [preparedFor(next.spki), { publicKey: next }],
    ] as const
    for (const [one, { publicKey }] of prepared) {
      expect(() => checkGoodFor(one, publicKey.spki)).not.toThrow()
      expect(() => checkGoodFor(one, makeKeyPair('ES256').publicKey.spki)).toThrow(/another key/)
    }
  })

  it('is made by nobody else, not by the constructor of one that is at hand either', () => {
    const { constructor } = Object.getPrototypeOf(prepareTheLeaf()) as {
      constructor: new (...asked: readonly unknown[]) => Prepared
    }
    const marks = [undefined, Symbol('prepared'), ...Object.getOwnPropertySymbols(prepareTheLeaf())]
    expect(marks.length).toBeGreaterThan(1)
    for (const mark of marks)
      expect(() => new constructor(mark, leaf, issuerKey.publicKey.spki)).toThrow(/Only what was checked/)
  })

  it('is nothing else of the same shape, by a cast, and has no method to put another in its place', async () => {
    const mine = await openedKey()
    const evil = Buffer.from('evil')
    const shape = { octets: evil, claim: () => undefined, checkGoodFor: () => undefined, spend: () => evil }
    const heir = Object.create(preparedFor(mine.spki), { octets: { value: evil } }) as Prepared
    for (const forged of [shape as unknown as Prepared, heir]) {
      await expect(signPrepared(forged, mine, 'a request')).rejects.toThrow(TypeError)
      await expect(mine.key.sign(forged, 'a request')).rejects.toThrow(TypeError)
    }
    const shadowed = Object.defineProperty(preparedFor(mine.spki), 'octets', { value: evil })
    claim(Object.assign(shadowed, { claim: shape.claim, spend: shape.spend }), mine.spki)
    const signature = await mine.key.sign(shadowed, 'a request')
    const signed = preparedFor(mine.spki).octets
    expect(verifiesSignature({ ...mine, algorithm: 'ES256', signed, signature })).toBe(true)
  })

  it('is signed as it was checked, whatever becomes of the octets that were given or told', () => {
    const given = Uint8Array.from(leaf)
    const prepared = prepareTheLeaf(given)
    given.fill(0)
    prepared.octets.fill(0)
    expect(Buffer.compare(prepared.octets, leaf)).toBe(0)
  })

  it('is checked as it is signed, however the octets that were given are read the second time', () => {
    const evil = encodeTbsCertificate(hierarchy.issuer)
    const read = new Set<string | symbol>()
    const given = new Proxy(Uint8Array.from(leaf), {
      get(octets, name) {
        const from = read.has(name) && name !== 'length' ? evil : octets
        read.add(name)
        return Reflect.get(from, name)
      },
    })
    expect(Buffer.compare(prepareTheLeaf(given).octets, leaf)).toBe(0)
    const iterated = Object.defineProperty(Uint8Array.from(leaf), Symbol.iterator, {
      value: () => evil[Symbol.iterator](),
    })
    expect(Buffer.compare(prepareTheLeaf(iterated).octets, leaf)).toBe(0)
  })

  it('is good for one signature, of the key that it was prepared for', async () => {
    const [mine, other] = [await openedKey(), await openedKey()]
    const prepared = preparedFor(mine.spki)
    await expect(signPrepared(prepared, other, 'a request')).rejects.toThrow(/another key/)
    await expect(signPrepared(prepared, mine, 'a request')).resolves.toBeDefined()
    await expect(signPrepared(prepared, mine, 'a request')).rejects.toThrow(/only once/)
  })

  it('is spent by an attempt that failed, and signed by no key that is asked past signPrepared()', async () => {
    const mine = await openedKey()
    const prepared = preparedFor(mine.spki)
    await expect(mine.key.sign(prepared, 'a request')).rejects.toThrow(/when it is claimed/)
    const claimed = preparedFor(mine.spki)
    claim(claimed, mine.spki)
    await mine.key.sign(claimed, 'a request')
    await expect(mine.key.sign(claimed, 'a request')).rejects.toThrow(/only once/)
    const down = { ...mine.key, sign: () => Promise.reject(new Error('down')) }
    await expect(signPrepared(prepared, { ...mine, key: down }, 'a request')).rejects.toThrow('down')
    await expect(signPrepared(prepared, mine, 'a request')).rejects.toThrow(/only once/)
  })
})

describe('probeKey()', () => {
  it('verifies a signature over what is neither DER nor a JWS', async () => {
    const mine = await openedKey()
    await expect(probeKey(mine, 'a request')).resolves.toBeUndefined()
    const { publicKey } = await openedKey()
    await expect(probeKey({ ...mine, publicKey }, 'a request')).toRefuse(
      'signature-unverified',
      /issuer~0001/,
    )
    expect(() => parseTbsCertificate(probeOctets)).toThrow()
    expect(probeOctets.toString()).not.toMatch(/^eyJ/)
  })
})

/** Its JSON, and the root that may sign it. */
const bundleOf = async () => {
  await using made = await makeAuthority()
  const authority = await made.read()
  const root = authority.generations.find(({ kind, state }) => kind === 'root' && state === 'active')
  if (!root) throw new Error('The authority has no root.')
  const { certificate, algorithm, tbs } = root
  return {
    json: Buffer.from(authority.bundle.encodings['trust.json']).toString(),
    root: { certificate, algorithm },
    publicKey: tbs.subjectPublicKeyInfo,
  }
}

describe('prepareBundle()', () => {
  it('prepares a text that no certificate is', async () => {
    const { json, root, publicKey } = await bundleOf()
    const prepared = prepareBundle(Buffer.from(json), root)
    expect(() => checkGoodFor(prepared, publicKey)).not.toThrow()
    expect(() => checkGoodFor(prepared, rootKey.publicKey.spki)).toThrow(/another key/)
    const { octets } = prepared
    expect(Buffer.from(octets).toString('latin1')).toMatch(/^eyJ[\w-]+\.[\w-]+$/)
    expect(() => parseTbsCertificate(octets)).toThrow()
  })

  it('refuses what the readers of bundles refuse, and a root that the bundle does not hold', async () => {
    const { json, root } = await bundleOf()
    const wrong = [
      '{}',
      'x',
      json.replace(/"sequence":\d+/, '"sequence":0'),
      json.replaceAll('"signedBy":"root~0001"', '"signedBy":"root~0002"'),
    ]
    expect(new Set([...wrong, json]).size).toBe(wrong.length + 1)
    for (const one of wrong)
      expect(() => prepareBundle(Buffer.from(one), root), one.slice(0, 40)).toRefuse('lint-failed')
    const { rootDer: certificate } = makeHierarchy('ES256')
    expect(() => prepareBundle(Buffer.from(json), { ...root, certificate })).toRefuse(
      'lint-failed',
      /does not hold the root/,
    )
  })
})
