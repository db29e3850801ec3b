/**
 * Stands in for certreq.exe, as far as its manual tells what it does: it makes keys and requests, and moves a certificate to
 * the user's own store once it fits a request that waits.
 */
import { execFileSync } from 'node:child_process'
import { createHash, createPublicKey, type KeyObject, randomBytes, X509Certificate } from 'node:crypto'
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'

const { SystemRoot: root = '', STORES: stores = '', HOME: home = '' } = process.env
const storeOf = (name: 'My' | 'Request'): string => join(stores, name, 'Certificates')
const has = (name: string): boolean => existsSync(join(root, name))
const listed = (folder: string): readonly string[] => (existsSync(folder) ? readdirSync(folder) : [])

const hashOf = (publicKey: KeyObject): string =>
  createHash('sha256')
    .update(publicKey.export({ format: 'der', type: 'spki' }))
    .digest('hex')

interface Entry {
  readonly subject: string
  readonly container: string
  /** SHA-256 of the public key. */
  readonly key: string
}

const put = (name: 'My' | 'Request', thumbprint: string, entry: Entry): void => {
  mkdirSync(storeOf(name), { recursive: true })
  writeFileSync(join(storeOf(name), thumbprint), JSON.stringify(entry))
}

/** What openssl makes a key of. */
const kinds: Readonly<Record<string, readonly string[]>> = {
  ECDSA_P256: ['EC', '-pkeyopt', 'ec_paramgen_curve:P-256'],
  ECDSA_P384: ['EC', '-pkeyopt', 'ec_paramgen_curve:P-384'],
}

const openssl = (...words: readonly string[]) => execFileSync('openssl', words, { stdio: 'ignore' })

/** @returns the code of what is wrong */
const create = (inf: string, request: string): string | undefined => {
  const text = readFileSync(inf, 'latin1')
  appendFileSync(join(root, 'infs'), text)
  const value = (name: string) => new RegExp(`^${name}="?([^"\r\n]*)"?\r$`, 'm').exec(text)?.[1]
  if (value('Signature') !== '$Windows NT$') return '0x80070057'
  if (value('ProviderName') === 'Microsoft Platform Crypto Provider' && !has('tpm')) return '0x80090030'
  const container = value('KeyContainer') ?? `te-${randomBytes(8).toString('hex')}`
  const file = join(root, 'keys', container)
  const isThere = existsSync(file)
  if (value('UseExistingKeySet') === 'TRUE') {
    if (value('Exportable') !== undefined || !isThere) return '0x80090016'
  } else {
    if (value('Exportable') !== 'FALSE' || isThere) return '0x8009000f'
    const rsa = ['RSA', '-pkeyopt', `rsa_keygen_bits:${value('KeyLength')}`]
    openssl('genpkey', '-out', file, '-algorithm', ...(kinds[value('KeyAlgorithm') ?? ''] ?? rsa))
  }
  const subject = value('Subject') ?? ''
  openssl('req', '-new', '-batch', '-newhdr', '-key', file, '-subj', `/${subject}`, '-out', request)
  const key = hashOf(createPublicKey(readFileSync(file)))
  put('Request', randomBytes(20).toString('hex').toUpperCase(), { subject, container, key })
  return undefined
}

/** @returns the code of what is wrong */
const accept = (file: string): string | undefined => {
  const certificate = new X509Certificate(readFileSync(file))
  // Where .NET keeps the store CA of a user on Linux.
  if (listed(join(home, '.dotnet/corefx/cryptography/x509stores/ca')).length === 0)
    return '0x800b010a (-2146762486 CERT_E_CHAINING)'
  if (!has('trusted')) return '0x800b0109 (-2146762487 CERT_E_UNTRUSTEDROOT)'
  for (const name of listed(storeOf('Request'))) {
    const waiting = join(storeOf('Request'), name)
    const entry = JSON.parse(readFileSync(waiting, 'utf8')) as Entry
    if (entry.key !== hashOf(certificate.publicKey)) continue
    put('My', certificate.fingerprint.replaceAll(':', ''), { ...entry, subject: certificate.subject })
    rmSync(waiting)
    return undefined
  }
  return '0x80092004 (-2146885628 CRYPT_E_NOT_FOUND)'
}

const [verb, ...words] = process.argv.slice(2)
const [first = '', second = '', file = '', out = ''] = words
appendFileSync(join(root, 'called'), `certreq ${verb} ${words.join(' ')}\n`)
const options = `${verb} ${first} ${second}`
const wrong =
  options === '-new -q -f' ? create(file, out) : options === '-accept -q -user' ? accept(file) : '0x80070057'
if (wrong !== undefined) {
  process.stdout.write(`Certificate Request Processor: something is wrong. ${wrong}\n`)
  process.exitCode = 1
}
