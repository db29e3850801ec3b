import { generateKeyPairSync } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { parseCertificate } from '../../../lib/x509/certificate.ts'
import { printName } from '../../../lib/x509/printName.ts'
import { subjectHash } from '../../../lib/x509/subjectHash.ts'
import { temporaryFolder } from '../../local/temporaryFolder.ts'
import { openssl } from '../../openssl.ts'

const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({
  format: 'pem',
  type: 'pkcs8',
})

/** A certificate whose subject has these attributes, one a line of a section of openssl's configuration. */
const certificateOf = async (name: readonly string[], mask: string): Promise<Buffer> => {
  const folder = await temporaryFolder()
  const [conf, keyFile] = [join(folder, 'conf'), join(folder, 'key')]
  const head = ['oid_section = oids', '[oids]', 'ours = 1.3.6.1.4.1.99999.7', '[req]', 'prompt = no']
  const settings = [
    'x509_extensions = ca',
    `string_mask = ${mask}`,
    'utf8 = yes',
    'distinguished_name = name',
    '[ca]',
    'basicConstraints = CA:TRUE',
    '[name]',
    ...name,
  ]
  await writeFile(conf, `${[...head, ...settings].join('\n')}\n`)
  await writeFile(keyFile, key, { mode: 0o600 })
  return openssl(['req', '-x509', '-new', '-key', keyFile, '-config', conf, '-days', '9', '-outform', 'DER'])
}

/** Names as authorities have them, and as nobody would wish them; the mask chooses the string types. */
const names: readonly (readonly [what: string, name: readonly string[], mask: string])[] = [
  ['as Mayfly writes them', ['O = contoso', 'CN = VPN issuer 2 02bce08c'], 'utf8only'],
  ['of upper case and many spaces', ['O = "  Two   SPACES\\tÄ Ö  "', 'CN = A  b'], 'utf8only'],
  ['of PrintableString and IA5String', ['C = DE', 'DC = Example', 'emailAddress = Ca@X.test'], 'default'],
  ['of T61String', ['O = Zürich AG', 'CN = Straße'], 'MASK:0x4'],
  ['of BMPString', ['O = Zürich 證書', 'CN = A B'], 'MASK:0x800'],
  ['of what RFC 2253 escapes', [String.raw`O = "#a,b+c\"d<e>f;g\\h "`, 'CN = \\ lead=trail\\ '], 'utf8only'],
  ['of several attributes in one RDN', ['CN = b', '+O = a', '+OU = C', 'L = Ulm'], 'utf8only'],
  ['whose RDN has another order when spaces are folded', ['CN = "a     b"', '+O = abcd'], 'utf8only'],
  ['of four octets a character', ['O = 😀證 \u007f'], 'utf8only'],
  ['of a type that openssl does not know', ['ours = value', 'CN = x'], 'utf8only'],
  [
    'of many types',
    ['street = S', 'postalCode = 1', 'serialNumber = 7', 'title = T', 'GN = G', 'SN = N', 'UID = u'],
    'utf8only',
  ],
]

it.each([
  ['of T61String', 'T61STRING'],
  ['of BMPString', 'BMPSTRING'],
  ['of PrintableString and IA5String', 'IA5STRING'],
])('has a name %s', async (what, type) => {
  const [, name = [], mask = ''] = names.find(([one]) => one === what) ?? []
  expect(openssl(['asn1parse', '-inform', 'DER'], await certificateOf(name, mask)).toString()).toContain(type)
})

it.each(names)('a name %s is hashed and printed as openssl does', async (_, name, mask) => {
  const der = await certificateOf(name, mask)
  const show = ['-subject_hash', '-subject', '-nameopt', 'RFC2253']
  const [hash, ...rest] = openssl(['x509', '-inform', 'DER', '-noout', ...show], der)
    .toString()
    .split('\n')
  const { subject } = parseCertificate(der).tbs
  expect({ hash: subjectHash(subject), printed: `subject=${printName(subject)}\n` }).toEqual({
    hash,
    printed: rest.join('\n'),
  })
})
