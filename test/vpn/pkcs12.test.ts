import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { softwareKeys } from '../../client/credential/clientKey.ts'
import { keyAlgorithms } from '../../client/credential/keySettings.ts'
import { pkcs12Of } from '../../client/credential/pkcs12Of.ts'
import { testAuthority } from '../client/testAuthority.ts'
import { isThere, run } from './program.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mayfly-pkcs12-'))
})
afterAll(() => rm(folder, { recursive: true }))

const authority = testAuthority()

/** A PKCS#12 file, its password and the file of that, and a folder that is not there. */
interface Given {
  readonly file: string
  readonly password: string
  readonly passwordFile: string
  readonly database: string
}

const utf8 = { LC_ALL: 'C.UTF-8' }

const gnuTls = ({ file, password }: Given): void => {
  const told = run('certtool', ['--p12-info', '--inder', '--infile', file, '--password', password], utf8)
  expect(told).toMatch(/BEGIN (EC |RSA )?(PRIVATE KEY|ENCRYPTED PRIVATE KEY)/)
  expect(told.match(/BEGIN CERTIFICATE/g)).toHaveLength(2)
}

const nss = async ({ file, passwordFile, database }: Given): Promise<void> => {
  await mkdir(database)
  const db = ['-d', `sql:${database}`]
  run('certutil', ['-N', ...db, '--empty-password'])
  run('pk12util', ['-i', file, ...db, '-w', passwordFile], utf8)
  // By the name of the subject.
  expect(run('certutil', ['-K', ...db])).toMatch(/\bada\b/)
}

const java = ({ file, passwordFile }: Given): void => {
  const words = ['-list', '-v', '-keystore', file, '-storetype', 'PKCS12', '-storepass:file', passwordFile]
  expect(run('keytool', words, utf8)).toMatch(
    /Alias name: ada\n[^]*PrivateKeyEntry[^]*Certificate chain length: 2/,
  )
}

const openSsl = ({ file, passwordFile }: Given): void => {
  const told = run('openssl', ['pkcs12', '-in', file, '-passin', `file:${passwordFile}`, '-info', '-nodes'])
  const bag = 'PBES2, PBKDF2, AES-256-CBC, Iteration 100000, PRF hmacWithSHA256'
  const lines = [`MAC: sha256, Iteration 100000`, `Encrypted data: ${bag}`, `Shrouded Keybag: ${bag}`]
  for (const line of lines) expect(told).toContain(line)
}

const readers = [
  ['OpenSSL', 'openssl', openSsl],
  ['GnuTLS', 'certtool', gnuTls],
  ['NSS', 'pk12util', nss],
  ['Java', 'keytool', java],
] as const

/** What a reader of Debian 12 does not take, and what it says then. */
const refusedBy: Readonly<Record<string, RegExp>> = {
  'NSS Ed25519': /SEC_ERROR_PKCS12_UNABLE_TO_IMPORT_KEY/,
  'Java umlauts': /keystore password was incorrect/,
  'Java 100 umlauts': /keystore password was incorrect/,
  'Java an emoji': /keystore password was incorrect/,
}

const passwords = {
  umlauts: 'Grüße, Änne',
  '100 umlauts': 'ü'.repeat(100),
  'an emoji': 'a😀b',
  spaces: ' a b c d ',
}

const cases = [
  ...keyAlgorithms.map((algorithm) => [algorithm, 'correct horse', algorithm] as const),
  ...Object.entries(passwords).map(([name, password]) => [name, password, 'P-256'] as const),
]

describe.each(cases)('a PKCS#12 file (%s)', (name, password, algorithm) => {
  let given: Given
  beforeAll(async () => {
    const key = await softwareKeys(algorithm).make()
    const certificate = authority.leaf(key.publicKey.export({ format: 'der', type: 'spki' }))
    const at = (end: string) => join(folder, `${name}.${end}`)
    given = { file: at('p12'), password, passwordFile: at('password'), database: at('db') }
    await writeFile(given.passwordFile, password, { mode: 0o600 })
    const contents = { key: key.pem, certificate, chain: [authority.issuer] }
    await writeFile(given.file, await pkcs12Of(contents, given.passwordFile))
  })

  for (const [reader, program, open] of readers) {
    const refused = refusedBy[`${reader} ${name}`]
    it.skipIf(!isThere(program))(`is ${refused ? 'not ' : ''}opened by ${reader}`, async () => {
      if (refused) await expect(async () => open(given)).rejects.toThrow(refused)
      else await open(given)
    })
  }
})
