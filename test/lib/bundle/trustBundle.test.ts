import { createHash, X509Certificate } from 'node:crypto'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bundleJwsType } from '../../../lib/prepared/prepared.ts'
import { Refusal } from '../../../lib/errors/refusal.ts'
import { encodeCertificate } from '../../../lib/x509/certificate.ts'
import { keyUsage } from '../../../lib/x509/extension.ts'
import { encodePem } from '../../../lib/x509/pemBlock.ts'
import { encodeTbsCertificate } from '../../../lib/x509/tbsCertificate.ts'
import { openTrustBundle, verifyTrustBundle } from '../../../lib/bundle/trustBundle.ts'
import { testTime } from '../../world.ts'
import { type BundleDocument, type BundleWorld, createBundleWorld } from '../../client/bundleWorld.ts'
import { makeCertificate, makeKey, spkiOf } from '../../client/testAuthority.ts'

let bench: BundleWorld
let stranger: BundleWorld

beforeAll(async () => {
  bench = await createBundleWorld()
  stranger = await createBundleWorld()
})

afterAll(async () => {
  await bench[Symbol.asyncDispose]()
  await stranger[Symbol.asyncDispose]()
})

const verify = (jws: string, changes: Partial<typeof bench.expected> = {}) =>
  verifyTrustBundle(jws, { ...bench.expected, ...changes })

const refuses = (jws: string, detail?: RegExp, changes: Partial<typeof bench.expected> = {}) =>
  expect(verify(jws, changes)).toRefuse('trust-bundle-refused', detail)

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
const later = (milliseconds: number) => new Date(testTime.getTime() + milliseconds)

describe('verifyTrustBundle()', () => {
  it.each(['ES256', 'ES384', 'RS256'] as const)(
    'accepts what a root with a key for %s signed',
    async (algorithm) => {
      await using own = await createBundleWorld(algorithm)
      const { authority, tenant } = own
      const bundle = await verifyTrustBundle(own.jws, own.expected)
      expect(bundle).toMatchObject({
        tenant,
        sequence: 1,
        issuedAt: new Date('2026-03-02T10:00:00Z'),
        refreshSeconds: 3600,
        nextActivation: new Date('2026-03-09T10:00:00Z'),
        jws: own.jws,
        json: own.json,
        sha256: { json: sha256(own.json), jws: sha256(own.jws) },
        signedBy: own.root(1).digest,
      })
      const [first, standby, issuer] = authority.generations
        .toSorted((a, b) => (a.kind === b.kind ? a.id.localeCompare(b.id) : b.kind.localeCompare(a.kind)))
        .map(({ id, state, certificate, digest, tbs }) => {
          const { notBefore, notAfter } = tbs
          return { id, state, der: Buffer.from(certificate), sha256: digest, notBefore, notAfter }
        })
      const plain = (entries: typeof bundle.roots) =>
        entries.map((entry) => Object.assign({}, entry, { der: Buffer.from(entry.der) }))
      expect(plain(bundle.roots)).toEqual([first, standby])
      expect(plain(bundle.issuers)).toEqual([{ ...issuer, signedBy: 'root~0001' }])
      const [cross] = bundle.crossCertificates
      expect(bundle.crossCertificates).toHaveLength(1)
      expect(cross).toMatchObject({ id: 'cross~0002-0001', subject: 'root~0002', signedBy: 'root~0001' })
      const x509 = new X509Certificate(cross?.der ?? '')
      expect(x509.checkIssued(new X509Certificate(bundle.roots[0]?.der ?? ''))).toBe(true)
      expect(cross?.sha256).toBe(x509.fingerprint256.replaceAll(':', '').toLowerCase())
    },
  )

  it('leaves members that it does not know for later versions', async () => {
    const jws = await bench.signChanged((document) => {
      Object.assign(document, { recipes: [] })
      Object.assign(document.roots[0] ?? {}, { note: null })
      document['nextActivation'] = null
    })
    expect(await verify(jws)).toMatchObject({ sequence: 1, nextActivation: undefined })
  })

  it('accepts any of several anchors, and a bundle that any root of it signed', async () => {
    const anchors = [stranger.root(1).digest, bench.root(2).digest]
    const jws = await bench.sign(bench.json, { root: 2 })
    expect((await verify(jws, { anchors })).signedBy).toBe(bench.root(2).digest)
  })
})

describe('verifyTrustBundle(), given a signature that is not right,', () => {
  it('refuses what an anchor signed that the bundle itself does not hold: its reader would trust another from then on', async () => {
    const without = JSON.parse(bench.json) as BundleDocument
    const roots = without.roots.filter(({ id }) => id === 'root~0001')
    const jws = await bench.sign(JSON.stringify({ ...without, roots, crossCertificates: [] }), { root: 2 })
    const anchors = [bench.root(2).digest]
    await expect(openTrustBundle(jws, { ...bench.expected, anchors })).toRefuse(
      'trust-bundle-refused',
      /does not hold the root [\da-f]{64} that signed it/,
    )
  })

  it('refuses what a root signed that is not trusted, whoever it says it is', async () => {
    const { jws } = stranger
    await refuses(jws, /not among those trusted here/)
    const forged = await stranger.sign(bench.json)
    await refuses(forged, /not among those trusted here/)
    const own = Buffer.from(bench.root(1).certificate).toString('base64')
    const claimed = await stranger.sign(bench.json, { header: { x5c: [own] } })
    await refuses(claimed, /signature does not verify/)
  })

  it('trusts nobody without an anchor, and no digest in another spelling', async () => {
    const digest = bench.root(1).digest
    for (const anchors of [[], [''], [digest.toUpperCase()], [digest.slice(0, 63)], [`${digest}\n`]])
      await refuses(bench.jws, /not among those trusted/, { anchors })
  })

  it('reads nothing of over 256 KiB', async () => {
    const jws = `${bench.jws}${'A'.repeat(256 * 1024)}`
    await refuses(jws, /characters, the limit is 262144/)
    const padded = await bench.signChanged((document) =>
      Object.assign(document, { padding: 'x'.repeat(150 * 1024) }),
    )
    expect((await verify(padded)).sequence).toBe(1)
  })

  it.each([
    ['nothing', () => ''],
    ['its JSON alone', () => bench.json],
    ['two parts', () => bench.jws.split('.').slice(0, 2).join('.')],
    ['four parts', () => `${bench.jws}.AAAA`],
    ['a signature with its line', () => `${bench.jws}\n`],
    ['an error page', () => '<html><body>502 Bad Gateway.</body>.</html>'],
    ['no header', () => bench.jws.replace(/^[^.]*/, '')],
    ['no content', () => bench.jws.replace(/\.[^.]*\./, '..')],
    ['no signature', () => bench.jws.replace(/[^.]*$/, '')],
    ['padding', () => `${bench.jws}==`],
  ])('refuses %s', async (_, make) => {
    await refuses(
      make(),
      /it is not a JWS in compact serialization|its (header|content|signature) is not base64url/,
    )
  })

  it.each([
    ['alg none', { alg: 'none' }, /alg of its header is not that of its signer/],
    ['the alg of a shared secret', { alg: 'HS256' }, /alg of its header/],
    ['the alg of another curve', { alg: 'ES384' }, /alg of its header/],
    ['the alg of another key', { alg: 'RS256' }, /alg of its header/],
    ['an alg that is a list', { alg: ['ES256'] }, /alg of its header/],
    ['another typ', { typ: 'JWT' }, /typ of its header is not mayfly-trust\+jws/],
    ['a typ in another spelling', { typ: 'Mayfly-Trust+JWS' }, /typ of its header/],
    ['crit', { crit: ['b64'] }, /members of its header/],
    ['b64', { b64: false }, /members of its header/],
    ['jwk', { jwk: { kty: 'EC' } }, /members of its header/],
    ['jku', { jku: 'https://attacker.example/keys' }, /members of its header/],
    ['kid', { kid: 'root~0001' }, /members of its header/],
    ['x5u', { x5u: 'https://attacker.example/root' }, /members of its header/],
    ['x5t#S256', { 'x5t#S256': 'AA' }, /members of its header/],
    ['zip', { zip: 'DEF' }, /members of its header/],
    ['no x5c', { x5c: undefined }, /members of its header/],
    ['no typ', { typ: undefined }, /members of its header/],
    ['no alg', { alg: undefined }, /members of its header/],
    ['an empty x5c', { x5c: [] }, /x5c of its header is not one certificate/],
    ['an x5c that is a text', { x5c: 'AAAA' }, /x5c of its header is not one certificate/],
    ['an x5c of numbers', { x5c: [1] }, /x5c of its header is not one certificate/],
    ['an x5c that is not base64', { x5c: ['-_-_'] }, /x5c of its header is not base64/],
    ['an x5c with a line break', { x5c: ['AAAA\n'] }, /x5c of its header is not base64/],
    ['an x5c that is no certificate', { x5c: ['MAA='] }, /certificate of its signer cannot be read/],
    ['an empty certificate', { x5c: [''] }, /certificate of its signer cannot be read/],
  ])('refuses a header with %s', async (_, header, detail) => {
    const jws = await bench.sign(bench.json, { header })
    await refuses(jws, detail)
  })

  it('refuses a header with a second certificate, even that of a trusted root', async () => {
    const x5c = [1, 2].map((number) => Buffer.from(bench.root(number).certificate).toString('base64'))
    const jws = await bench.sign(bench.json, { header: { x5c } })
    await refuses(jws, /x5c of its header is not one certificate/)
  })

  it.each(['', '[]', 'null', '"alg"', '{"alg":"ES256"', '{}\u0000', '\ufeff{}'])(
    'refuses the header %j',
    async (header) => {
      const jws = await bench.sign(bench.json, { header })
      await refuses(jws, /header/)
    },
  )

  it('refuses a header with two members of one name, of which other readers take the first', async () => {
    const x5c = [Buffer.from(bench.root(1).certificate).toString('base64')]
    const good = JSON.stringify({ alg: 'ES256', typ: bundleJwsType, x5c })
    await expect(verify(await bench.sign(bench.json, { header: good }))).resolves.toHaveProperty(
      'sequence',
      1,
    )
    const jws = await bench.sign(bench.json, { header: `{"typ":"JWT",${good.slice(1)}` })
    await refuses(jws, /its header has two members of one name/)
  })

  it('refuses the signature of an Ed25519 key, or of one that nobody can read', async () => {
    const ed25519 = Buffer.from(`302a300506032b6570032100${'09'.repeat(32)}`, 'hex')
    const unknown = Buffer.from('300a300406022a0303020001', 'hex')
    for (const [spki, detail] of [
      [ed25519, /alg of its header/],
      [unknown, /key of its signer cannot be read/],
    ] as const) {
      const pem = makeCertificate({ subject: 'root', issuer: 'root', spki, signingKey: makeKey() })
      const { raw, fingerprint256 } = new X509Certificate(pem)
      const anchors = [fingerprint256.replaceAll(':', '').toLowerCase()]
      const jws = await bench.sign(bench.json, { header: { x5c: [raw.toString('base64')] } })
      await refuses(jws, detail, { anchors })
    }
  })

  it('refuses the bundle with any one character altered', async () => {
    const { jws } = bench
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    const dots = [...jws.matchAll(/\./g)].map(({ index }) => index)
    // At the end of a part, some bits of a character decode to nothing; the signature is where forgers would turn.
    const everywhere = Array.from(jws, (_, at) => at).filter(
      (at) => at % 5 === 0 || at > (dots[1] ?? 0) - 5 || Math.abs(at - (dots[0] ?? 0)) < 5,
    )
    expect(everywhere.length).toBeGreaterThan(1_000)
    const accepted: number[] = []
    for (const at of everywhere) {
      const next = alphabet[(alphabet.indexOf(jws[at] ?? '') + 1) % 64]
      const altered = `${jws.slice(0, at)}${next}${jws.slice(at + 1)}`
      const outcome = await openTrustBundle(altered, bench.expected).catch((error: unknown) => error)
      if (!(outcome instanceof Refusal) || outcome.code !== 'trust-bundle-refused') accepted.push(at)
    }
    expect(accepted).toEqual([])
  })

  it('refuses the bundle with any octets replaced, inserted or removed', async () => {
    const { jws } = bench
    const edit = fc.record({
      at: fc.nat(jws.length),
      removed: fc.nat(2),
      inserted: fc.string({
        unit: fc.constantFrom('A', 'Q', 'w', '-', '_', '+', '/', '=', '.', ' ', '\n', '\0', 'é'),
        maxLength: 2,
      }),
    })
    await fc.assert(
      fc.asyncProperty(edit, async ({ at, removed, inserted }) => {
        const altered = `${jws.slice(0, at)}${inserted}${jws.slice(at + removed)}`
        fc.pre(altered !== jws)
        await refuses(altered)
      }),
      { numRuns: 400 },
    )
  })
})

type Deviation = readonly [name: string, change: (document: BundleDocument) => void, detail: RegExp]

/** Puts members into the first entry of a list. */
const first =
  (list: 'roots' | 'issuers' | 'crossCertificates', members: object) => (document: BundleDocument) =>
    void Object.assign(document[list][0] ?? {}, members)

const whole = (members: object) => (document: BundleDocument) => void Object.assign(document, members)

const pemOf = (document: BundleDocument, list: 'roots' | 'issuers' | 'crossCertificates', index = 0) =>
  String(document[list][index]?.['certificate'])

/** What a bundle says of a certificate. */
const entryOf = (id: string, pem: string, more: object = {}) => {
  const { fingerprint256, validFromDate, validToDate } = new X509Certificate(pem)
  const [notBefore, notAfter] = [validFromDate, validToDate].map((date) =>
    date.toISOString().replace('.000', ''),
  )
  const digest = fingerprint256.replaceAll(':', '').toLowerCase()
  return { id, state: 'staged', certificate: pem, sha256: digest, notBefore, notAfter, ...more }
}

const deviations: readonly Deviation[] = [
  ['no tenant', whole({ tenant: undefined }), /"tenant" is not a text/],
  ['the tenant as a list', whole({ tenant: ['contoso'] }), /"tenant" is not a text/],
  ['another tenant', whole({ tenant: 'fabrikam' }), /it is that of another tenant than t[\da-f-]+\.$/],
  ['no sequence', whole({ sequence: undefined }), /"sequence" is not a positive integer/],
  ['a sequence of 0', whole({ sequence: 0 }), /"sequence" is not/],
  ['a negative sequence', whole({ sequence: -1 }), /"sequence" is not/],
  ['a fraction as its sequence', whole({ sequence: 1.5 }), /"sequence" is not/],
  ['a text as its sequence', whole({ sequence: '1' }), /"sequence" is not/],
  ['a sequence that no integer holds', whole({ sequence: 2 ** 53 }), /"sequence" is not/],
  ['no refreshSeconds', whole({ refreshSeconds: undefined }), /"refreshSeconds" is not/],
  ['no issuedAt', whole({ issuedAt: undefined }), /"issuedAt" is not a text/],
  ['a number as issuedAt', whole({ issuedAt: 1 }), /"issuedAt" is not a text/],
  ['issuedAt with an offset', whole({ issuedAt: '2026-03-02T11:00:00+01:00' }), /"issuedAt" is not a time/],
  ['issuedAt of no day', whole({ issuedAt: '2026-02-30T10:00:00Z' }), /"issuedAt" is not a time/],
  ['an empty issuedAt', whole({ issuedAt: '' }), /"issuedAt" is not a time/],
  ['no nextActivation', whole({ nextActivation: undefined }), /"nextActivation" is not a text/],
  ['a nextActivation that is no time', whole({ nextActivation: 'soon' }), /"nextActivation" is not a time/],
  ['no roots', whole({ roots: undefined }), /"roots" is not a list/],
  ['an empty list of roots', whole({ roots: [] }), /does not hold the root [\da-f]{64} that signed it/],
  ['an object as its issuers', whole({ issuers: {} }), /"issuers" is not a list/],
  ['no crossCertificates', whole({ crossCertificates: undefined }), /"crossCertificates" is not a list/],
  ['null in a list', whole({ issuers: [null] }), /"issuers\[0\]\.id" is not a text/],
  ['a root without an id', first('roots', { id: undefined }), /"roots\[0\]\.id" is not a text/],
  ['the id of another kind', first('issuers', { id: 'root~0009' }), /"issuers\[0\]\.id" is not an id/],
  [
    'an id that leaves the folder',
    first('issuers', { id: '../root~0001' }),
    /"issuers\[0\]\.id" is not an id/,
  ],
  ['an id with a line break', first('roots', { id: 'root~0001\n' }), /"roots\[0\]\.id" is not an id/],
  [
    'a tainted root',
    first('roots', { state: 'tainted' }),
    /"roots\[0\]\.state" is not staged, active or retiring/,
  ],
  ['an issuer without a state', first('issuers', { state: undefined }), /"issuers\[0\]\.state" is not/],
  [
    'another digest',
    first('roots', { sha256: 'ab'.repeat(32) }),
    /"roots\[0\]\.sha256" is not the digest of/,
  ],
  [
    'no digest',
    first('crossCertificates', { sha256: undefined }),
    /"crossCertificates\[0\]\.sha256" is not a text/,
  ],
  [
    'another notBefore',
    first('roots', { notBefore: '2026-03-02T09:00:01Z' }),
    /"roots\[0\]\.notBefore" is not what/,
  ],
  [
    'another notAfter',
    first('issuers', { notAfter: '2036-03-02T09:00:00Z' }),
    /"issuers\[0\]\.notAfter" is not what/,
  ],
  [
    'a certificate that is none',
    first('issuers', { certificate: 'none' }),
    /certificate" is not one PEM certificate/,
  ],
  [
    'PEM cut short',
    (d) => first('roots', { certificate: pemOf(d, 'roots').slice(0, 99) })(d),
    /certificate" cannot be read/,
  ],
  [
    'two certificates in one',
    (d) => first('roots', { certificate: pemOf(d, 'roots') + pemOf(d, 'issuers') })(d),
    /is not one PEM/,
  ],
  ['text around PEM', (d) => first('roots', { certificate: `\n${pemOf(d, 'roots')}` })(d), /is not one PEM/],
  [
    'what is no certificate',
    first('roots', { certificate: encodePem('CERTIFICATE', Uint8Array.of(0x30, 0)) }),
    /certificate of root~0001 cannot be read/,
  ],
  ['a root twice', (d) => void d.roots.push(...d.roots.slice(0, 1)), /it holds root~0001 twice/],
  ['an issuer twice', (d) => void d.issuers.push(...d.issuers.slice(0, 1)), /it holds issuer~0001 twice/],
  [
    'an issuer of a root it does not hold',
    first('issuers', { signedBy: 'root~0009' }),
    /names root~0009, which it does not hold/,
  ],
  [
    'an issuer of another root',
    first('issuers', { signedBy: 'root~0002' }),
    /issuer~0001 is not signed by the root/,
  ],
  [
    'an issuer of no root',
    first('issuers', { signedBy: undefined }),
    /"issuers\[0\]\.signedBy" is not a text/,
  ],
  [
    'an issuer of an issuer',
    first('issuers', { signedBy: 'issuer~0001' }),
    /"issuers\[0\]\.signedBy" is not an id/,
  ],
  [
    'a cross certificate of another root',
    first('crossCertificates', { signedBy: 'root~0002' }),
    /cross~0002-0001 is not signed by/,
  ],
  [
    'a cross certificate for another root',
    first('crossCertificates', { subject: 'root~0001' }),
    /cross~0002-0001 is not for the key of/,
  ],
  [
    'a cross certificate for a root it does not hold',
    first('crossCertificates', { subject: 'root~0003' }),
    /names root~0003, which/,
  ],
  ['roots that sign nothing of it', (d) => void d.roots.pop(), /names root~0002, which it does not hold/],
]

describe('verifyTrustBundle(), given content that a root signed,', () => {
  it.each(deviations)('refuses %s', async (_, change, detail) => {
    const jws = await bench.signChanged(change)
    await refuses(jws, detail)
  })

  it.each([
    ['no JSON', '{"tenant":', /its content is not JSON/],
    ['two members of one name', '{"tenant":"a","tenan\\u0074":"b"}', /its content has two members/],
    ['what is not UTF-8', Uint8Array.of(0x22, 0xff, 0x22), /its content cannot be read/],
  ])('refuses %s', async (_, content, detail) => {
    const jws = await bench.sign(content)
    await refuses(jws, detail)
  })

  it.each(['null', '5', '[]', '"text"'])('refuses the JSON %s', async (content) => {
    await refuses(await bench.sign(content), /"tenant" is not a text/)
  })

  it('takes no member of the prototype for one of the bundle', async () => {
    const jws = await bench.sign(bench.json.replace('"tenant"', '"__proto__":{"tenant":"contoso"},"tenan"'))
    await refuses(jws, /"tenant" is not a text/, { tenant: 'contoso' })
  })

  it('refuses another root in the place of the one that a cross certificate is for', async () => {
    const [other] = (JSON.parse(stranger.json) as BundleDocument).roots
    const jws = await bench.signChanged(
      (document) => void document.roots.splice(1, 1, { ...other, id: 'root~0002' }),
    )
    await refuses(jws, /cross~0002-0001 is not for the key of/)
  })

  it('refuses a root that did not sign itself, or is no CA', async () => {
    const [own, wrong] = [makeKey(), makeKey()]
    for (const [signingKey, detail] of [
      [wrong, /root~0003 is not signed by the root that it names/],
      [own, /certificate of root~0003 is not that of a CA/],
    ] as const) {
      const pem = makeCertificate({ subject: 'r', issuer: 'r', spki: spkiOf(own), signingKey })
      const jws = await bench.signChanged((document) => void document.roots.push(entryOf('root~0003', pem)))
      await refuses(jws, detail)
    }
  })

  it('refuses an issuer that is no CA or names another root, though the root that it is listed with signed it', async () => {
    const { tbs, keyReference } = bench.root(1)
    for (const [changes, detail] of [
      [{ extensions: [keyUsage(['digitalSignature'])] }, /certificate of issuer~0002 is not that of a CA/],
      [{ issuer: bench.root(2).tbs.subject }, /issuer~0002 is not signed by the root that it names/],
    ] as const) {
      const der = encodeTbsCertificate({ ...tbs, ...changes })
      const pem = encodePem(
        'CERTIFICATE',
        encodeCertificate(der, 'ES256', await bench.world.keys.forge(keyReference, der)),
      )
      const jws = await bench.signChanged(
        (document) => void document.issuers.push(entryOf('issuer~0002', pem, { signedBy: 'root~0001' })),
      )
      await refuses(jws, detail)
    }
  })
})

describe('verifyTrustBundle(), once a bundle is installed,', () => {
  const installed = (sequence: number, json = 'another') => ({
    installed: { sequence, sha256: { json: sha256(json), jws: sha256('of no interest') } },
  })

  it('accepts the same again, and any later one', async () => {
    expect((await verify(bench.jws, installed(1, bench.json))).sequence).toBe(1)
    const jws = await bench.signChanged(whole({ sequence: 2 ** 53 - 1 }))
    expect((await verify(jws, installed(1))).sequence).toBe(2 ** 53 - 1)
  })

  it('refuses an old one', async () => {
    await expect(verify(bench.jws, installed(2))).toRefuse(
      'trust-bundle-refused',
      /^Cannot trust the bundle: it is an old one: its sequence is 1, 2 is installed\.$/,
    )
  })

  it('refuses another one of the same sequence', async () => {
    await expect(verify(bench.jws, installed(1))).toRefuse(
      'trust-bundle-refused',
      /^Cannot trust the bundle: it is a fork: another bundle with the sequence 1 is installed\.$/,
    )
  })
})

describe('verifyTrustBundle(), by the clock,', () => {
  it('accepts a bundle of at most five minutes ahead', async () => {
    expect((await verify(bench.jws, { now: new Date('2026-03-02T09:55:00Z') })).sequence).toBe(1)
    await refuses(bench.jws, /it is of the future: it was issued at 2026-03-02T10:00:00Z/, {
      now: new Date('2026-03-02T09:54:59.999Z'),
    })
  })

  it('accepts the signature of a root to the last second of it, and not before its first', async () => {
    const { notBefore, notAfter } = bench.root(1).tbs
    expect((await verify(bench.jws, { now: notAfter })).sequence).toBe(1)
    const past = verify(bench.jws, { now: new Date(notAfter.getTime() + 1) })
    await expect(past).toRefuse(
      'trust-bundle-refused',
      /root~0001, the root that signed it, is not valid now/,
    )
    const early = await bench.signChanged(whole({ issuedAt: '2026-01-01T00:00:00Z' }))
    await refuses(early, /is not valid now/, { now: new Date(notBefore.getTime() - 1) })
    expect((await verify(early, { now: notBefore })).sequence).toBe(1)
  })

  it('does not mind how old a bundle is: it stays in force until the next', async () => {
    expect((await verify(bench.jws, { now: later(365 * 86_400_000) })).sequence).toBe(1)
  })
})
