import { createPublicKey, verify } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Refusal } from '../../../lib/errors/refusal.ts'
import { readEnrollment } from '../../../lib/http/readEnrollment.ts'
import { verifyCsr } from '../../../lib/x509/verifyCsr.ts'
import { decodeCsr } from '../../../lib/x509/decodeCsr.ts'
import { openssl } from '../../openssl.ts'
import { type CsrCode, reasons } from '../../vectors/csr/reasons.ts'
import { requestOf } from '../http/request.ts'

const folder = fileURLToPath(new URL('../../vectors/csr/', import.meta.url))

/** How many files each folder has: a corpus that was lost, or is not read, passes nothing. */
const counts: Readonly<Record<CsrCode | 'accepted', number>> = {
  accepted: 108,
  'csr-key-refused': 59,
  'csr-malformed': 117,
  'csr-signature-invalid': 51,
}

/** Cuts a request apart without Mayfly's reader: tag, length of DER, contents. */
const cut = (bytes: Buffer, start: number): Buffer => {
  const first = bytes.readUInt8(start + 1)
  const octets = first < 0x80 ? 0 : first & 0x7f
  const length = octets === 0 ? first : bytes.readUIntBE(start + 2, octets)
  return bytes.subarray(start, start + 2 + octets + length)
}
const contentsOf = (element: Buffer) =>
  element.subarray(2 + (element.readUInt8(1) < 0x80 ? 0 : element.readUInt8(1) & 0x7f))
const elementsOf = (bytes: Buffer, count: number, start = 0): readonly Buffer[] => {
  if (count === 0) return []
  const element = cut(bytes, start)
  return [element, ...elementsOf(bytes, count - 1, start + element.length)]
}

const digests = [
  ['2a8648ce3d040302', 'sha256'],
  ['2a8648ce3d040303', 'sha384'],
  ['2a8648ce3d040304', 'sha512'],
  ['2a864886f70d01010b', 'sha256'],
  ['2a864886f70d01010d', 'sha512'],
  ['2b6570', null],
] as const

const cutApart = (der: Uint8Array) => {
  const none = Buffer.alloc(0)
  const [info = none, algorithm = none, signature = none] = elementsOf(contentsOf(Buffer.from(der)), 3)
  const [, , spki = none] = elementsOf(contentsOf(info), 3)
  const [, digest] =
    digests.find(([oid]) => algorithm.includes(Buffer.from(oid, 'hex'))) ??
    expect.fail('an unknown algorithm')
  return { info, spki, digest, signature: contentsOf(signature).subarray(1) }
}

const filesOf = (code: string): readonly string[] => readdirSync(join(folder, code)).sort()
const bodyOf = (code: string, file: string): Buffer => readFileSync(join(folder, code, file))

/** The media type that a file's extension stands for. */
const types: Readonly<Record<string, string>> = {
  '.der': 'application/pkcs10',
  '.b64': 'application/pkcs10',
  '.pem': 'application/x-pem-file',
}

/** Takes a body the way of one that came by HTTP, up to the proof of possession. */
const verifyBody = async (type: string, body: Uint8Array) => {
  const headers = { authorization: 'Bearer a.b.c', 'content-type': type, 'content-length': `${body.length}` }
  return verifyCsr(decodeCsr((await readEnrollment(requestOf({ headers, body })).readBody()).csr))
}

const typeOf = (file: string): string => types[extname(file)] ?? expect.fail(`${file} has no known extension`)

const refusalOf = (code: string, file: string): Promise<unknown> =>
  verifyBody(typeOf(file), bodyOf(code, file)).catch((error: unknown) => error)

const refused = Object.entries(reasons).flatMap(([code, list]) =>
  list.flatMap(([detail, files]) =>
    files.split(/\s+/).map((file) => ({ code: code as CsrCode, file, detail })),
  ),
)

describe('the corpus of certification requests', () => {
  it('is there: as many files as were made, in folders that codes are named by', () => {
    const folders = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory())
    expect(folders.map(({ name }) => name).sort()).toEqual([...Object.keys(counts), 'make'].sort())
    for (const [code, count] of Object.entries(counts))
      expect([code, filesOf(code).length]).toEqual([code, count])
  })

  it.each(Object.keys(reasons) as CsrCode[])('tells of every file of %s why, once', (code) => {
    const told = refused.filter((entry) => entry.code === code).map(({ file }) => file)
    expect(told.sort()).toEqual(filesOf(code))
  })
})

describe('a request of the corpus', () => {
  it.each(refused)('gives $code: $file', async ({ code, file, detail }) => {
    await expect(verifyBody(typeOf(file), bodyOf(code, file))).toRefuse(code, detail)
  })

  it.each(filesOf('accepted'))('is accepted for the key that signed its octets: %s', async (file) => {
    const { publicKey } = await verifyBody(typeOf(file), bodyOf('accepted', file))
    const { info, spki, digest, signature } = cutApart(decodeCsr(bodyOf('accepted', file)))
    const key = createPublicKey({ key: spki, format: 'der', type: 'spki' })
    expect(Buffer.from(publicKey.spki)).toEqual(spki)
    expect(verify(digest, info, key, signature)).toBe(true)
  })
})

const isText = (file: string) => extname(file) !== '.der'
const isAscii = (body: Buffer) => body.every((octet) => octet < 0x80)

describe('a request of the corpus that is text', () => {
  const texts = refused.filter(({ code, file }) => isText(file) && isAscii(bodyOf(code, file)))
  const inJson = (code: string, file: string) =>
    verifyBody('application/json', Buffer.from(JSON.stringify({ csr: bodyOf(code, file).toString('ascii') })))

  it('is one of many', () => expect(texts.length).toBeGreaterThan(30))

  it.each(texts)('gives $code inside JSON too: $file', async ({ code, file }) => {
    await expect(inJson(code, file)).toRefuse(code)
  })

  it.each(filesOf('accepted').filter(isText))('has the same key inside JSON: %s', async (file) => {
    const plain = await verifyBody(typeOf(file), bodyOf('accepted', file))
    expect((await inJson('accepted', file)).keyHash).toBe(plain.keyHash)
  })
})

/** Requests that OpenSSL parses and verifies, so that nothing but the rule of their folder can refuse them. */
const soundButForOneRule = `
  csr-key-refused/ec-p521.der csr-key-refused/ec-secp256k1.der csr-key-refused/ed448.der
  csr-key-refused/ec-point-compressed.der csr-key-refused/ec-point-hybrid.der
  csr-key-refused/rsa-1024.der csr-key-refused/rsa-2047.der csr-key-refused/rsa-4097.der
  csr-key-refused/rsa-8192.der csr-key-refused/rsa-exponent-1.der csr-key-refused/rsa-exponent-3.der
  csr-key-refused/rsa-exponent-65539.der csr-key-refused/rsa-exponent-of-33-bits.der
  csr-key-refused/rsa-exponent-of-1279-bits.der csr-key-refused/rsa-modulus-roca.der
  csr-key-refused/rsa-pss-alone.pem csr-signature-invalid/algorithm-rsa-pss.pem
  csr-malformed/attributes-oversized.der csr-malformed/version-1.der
  csr-malformed/indefinite-length-outer.der csr-malformed/length-not-minimal-outer.der
  csr-malformed/trailing-octet.der csr-malformed/trailing-request.der`
  .trim()
  .split(/\s+/)

describe('a request that OpenSSL verifies and Mayfly refuses', () => {
  let home = ''

  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), 'mayfly-test-'))
    openssl(['genpkey', '-algorithm', 'ed25519', '-out', join(home, 'issuer.key')])
  })

  afterAll(() => rm(home, { recursive: true }))

  /** Has OpenSSL certify a request, which it does only when the signature verifies: `req -verify` never fails. */
  const certify = (path: string) => {
    const form = extname(path) === '.pem' ? 'PEM' : 'DER'
    const request = ['-req', '-inform', form, '-in', join(folder, path)]
    return openssl(['x509', ...request, '-key', join(home, 'issuer.key'), '-noout'])
  }

  it.each(soundButForOneRule)('%s', (path) => {
    expect(() => certify(path)).not.toThrow()
    expect(refused.map(({ code, file }) => `${code}/${file}`)).toContain(path)
  })

  it('is not one whose signature was changed', () => {
    const path = 'csr-signature-invalid/signature-bit-flipped-ecdsa.der'
    expect(() => certify(path)).toThrow(/did not match/)
  })
})

/** The octets of a request in the forms that a message could repeat them in; frames are not among them. */
const formsOf = (body: Buffer): readonly string[] => {
  const text = body.toString('latin1').replaceAll(/-----[A-Za-z ]+-----/g, '')
  const der = Buffer.from(text, 'base64')
  return [text, body.toString('hex'), body.toString('base64'), der.toString('latin1'), der.toString('hex')]
}

/** The part of a message that repeats eight characters of a request. */
const repeatedIn = (message: string, body: Buffer): string | undefined => {
  const parts = Array.from({ length: message.length - 7 }, (_, start) => message.slice(start, start + 8))
  const forms = formsOf(body)
  return parts.find((part) => forms.some((form) => form.includes(part)))
}

describe('the refusal of a request of the corpus', () => {
  it('is short and repeats nothing of the request', async () => {
    for (const { code, file } of refused) {
      const error = await refusalOf(code, file)
      if (!(error instanceof Refusal)) return expect.fail(`${file} gives no Refusal`)
      expect([file, repeatedIn(`${error.message} ${error.detail}`, bodyOf(code, file))]).toEqual([
        file,
        undefined,
      ])
      expect([file, error.detail.length < 200]).toEqual([file, true])
    }
  })

  it('would be noticed if it did', () => {
    const body = bodyOf('accepted', 'plain.der')
    const secrets = [body.toString('hex', 20, 40), body.toString('latin1', 40, 60), body.toString('base64')]
    for (const secret of secrets) expect(repeatedIn(`Cannot read ${secret}.`, body)).toBeDefined()
  })
})
