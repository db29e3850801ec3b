import { sign } from 'node:crypto'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, it } from 'vitest'
import { nowSeconds } from '../lib/profile/fixtures/hierarchy.ts'
import { opensslVerifier } from '../lib/profile/fixtures/opensslVerify.ts'
import { hex } from '../lib/x509/fixtures/octets.ts'
import { openssl } from '../openssl.ts'
import { derLines, derText } from './derText.ts'
import { publishedRsaKeyPem } from './fixedKeys.ts'
import { goldenVariants } from './variants.ts'
import { issueWhole, type WholeChain } from './wholeCertificate.ts'

const folder = new URL('./', import.meta.url)
const updating = process.env['MAYFLY_UPDATE_GOLDEN'] === '1'
const pathOf = (file: string) => fileURLToPath(new URL(file, folder))
const names = Object.keys(goldenVariants)
const wholeName = 'whole.rs256'

const update = (file: string, contents: Uint8Array | string): void => {
  writeFileSync(pathOf(file), contents)
  process.stderr.write(`wrote test/golden/${file}\n`)
}

/** The octets and the text that are kept, after writing them when that was asked for. */
const compare = (octetFile: string, textFile: string, der: Uint8Array): void => {
  if (updating) update(octetFile, der)
  if (updating) update(textFile, derText(der))
  // The text first: its difference can be read.
  expect(derText(der)).toBe(readFileSync(pathOf(textFile), 'utf8'))
  expect(hex(der)).toBe(hex(readFileSync(pathOf(octetFile))))
}

const filesOf = (name: string) => [`${name}.tbs.der`, `${name}.txt`] as const
const wholeFiles = [`${wholeName}.cer`, `${wholeName}.txt`] as const

describe('The TBSCertificate of', () => {
  it.each(names)('%s is what is kept, octet by octet and word by word', (name) => {
    const der = goldenVariants[name]?.() ?? new Uint8Array()
    compare(...filesOf(name), der)
  })
})

describe('A whole certificate', () => {
  let whole: WholeChain
  beforeAll(async () => {
    whole = await issueWhole()
  })

  it('that an RSA key signs is what is kept, signature included', () => {
    compare(...wholeFiles, whole.leaf)
  })

  const verify = opensslVerifier()
  it('is one that openssl verifies, with the issuer and the root made beside it', () => {
    const certificate = readFileSync(pathOf(wholeFiles[0]))
    const options = ['-purpose', 'sslclient', '-attime', nowSeconds]
    expect(() =>
      verify({ roots: [whole.root], untrusted: [whole.issuer], certificate, options }),
    ).not.toThrow()
  })
})

describe('The published RSA key', () => {
  it('makes the signature that RFC 7515 appendix A.2.1 prints', () => {
    const signed =
      'eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ'
    expect(sign('sha256', Buffer.from(signed), publishedRsaKeyPem()).toString('base64url')).toBe(
      'cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw',
    )
  })
})

const opensslTypes: Readonly<Record<string, string>> = {
  OBJECT: 'OBJECT IDENTIFIER',
  UTF8STRING: 'UTF8String',
  UTCTIME: 'UTCTime',
}

/** What `openssl asn1parse` lists: depth, type and length of each element outside OCTET STRINGs. */
const asn1parse = (file: string): readonly string[] =>
  openssl(['asn1parse', '-inform', 'DER', '-in', pathOf(file)])
    .toString()
    .trimEnd()
    .split('\n')
    .map(
      (line) =>
        /^ *\d+:d=(\d+) +hl=\d+ +l= *(\d+) (?:prim|cons): ([^:]*?) *(?:\[HEX DUMP\])?(?::|$)/.exec(line) ??
        [],
    )
    .map(([, depth, length, type = '']) => {
      const name = type.replace(/^cont \[ (\d+) \]$/, '[$1]')
      return `${depth} ${opensslTypes[name] ?? name} ${length}`
    })

describe('The text', () => {
  it.each([
    'leaf-everything.tbs.der',
    'issuer.tbs.der',
    'cross.tbs.der',
    'leaf-ed25519-key.tbs.der',
    wholeFiles[0],
  ])('of %s has the elements that openssl sees', (file) => {
    const lines = derLines(readFileSync(pathOf(file))).filter(({ inside }) => !inside)
    expect(lines.map(({ depth, type, length }) => `${depth} ${type} ${length}`)).toEqual(asn1parse(file))
  })
})

// After the comparisons, which write the files when that was asked for.
describe('The golden files', () => {
  it('are those of the variants, and no others', () => {
    const kept = readdirSync(folder).filter((file) => !file.endsWith('.ts'))
    expect(kept.sort()).toEqual([...names.flatMap(filesOf), ...wholeFiles].sort())
  })

  it('are of a variant each: no two are alike', () => {
    expect(names).toHaveLength(15)
    expect(new Set(names.map((name) => hex(readFileSync(pathOf(filesOf(name)[0]))))).size).toBe(names.length)
  })
})
