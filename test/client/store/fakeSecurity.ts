import { createHash, createPrivateKey, createPublicKey, type KeyObject, X509Certificate } from 'node:crypto'
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { KeyMachine } from '../../../client/credential/privateFolder.ts'
import type * as Running from '../../../client/runProgram.ts'
import { temporaryFolder } from '../../local/temporaryFolder.ts'

interface Keychain {
  /** SHA-256 of public keys. */
  keys: string[]
  /** The key of each, by SHA-1 of the certificate. */
  readonly certificates: Record<string, string>
}

/** What somebody does after each change of a keychain. */
export const afterChange: { act: () => void } = { act: () => undefined }

const hashOf = (key: KeyObject): string =>
  createHash('sha256')
    .update(key.export({ format: 'der', type: 'spki' }))
    .digest('hex')

const fail = (why: string): never => {
  throw new Error(`security: ${why}\n`)
}

const readKeychain = (root: string): Keychain => {
  const file = join(root, 'keychain.json')
  return existsSync(file)
    ? (JSON.parse(readFileSync(file, 'utf8')) as Keychain)
    : { keys: [], certificates: {} }
}

const exists = 'SecKeychainItemImport: The specified item already exists in the keychain.'

/** What goes into a keychain, and out of it. */
const changes = (kept: Keychain, save: () => void) => {
  const add = (pem: string) => {
    const certificate = new X509Certificate(pem)
    const name = certificate.fingerprint.replaceAll(':', '')
    if (name in kept.certificates) fail(exists)
    kept.certificates[name] = hashOf(certificate.publicKey)
    save()
  }
  const addKey = (pem: string) => {
    const key = hashOf(createPublicKey(createPrivateKey(pem)))
    if (kept.keys.includes(key)) fail(exists)
    kept.keys.push(key)
    save()
  }
  const remove = (name: string, withKey: boolean) => {
    const key = kept.certificates[name]
    if (key === undefined)
      fail('SecKeychainSearchCopyNext: The specified item could not be found in the keychain.')
    if (withKey) kept.keys = kept.keys.filter((one) => one !== key)
    delete kept.certificates[name]
    save()
  }
  return { add, addKey, remove }
}

const importFile = (
  root: string,
  words: readonly string[],
  { add, addKey }: ReturnType<typeof changes>,
): void => {
  if (words.slice(1, 5).join(' ') !== '-t agg -f pemseq' || !words.includes('-x')) fail('usage')
  const text = readFileSync(words[0] ?? '', 'utf8')
  for (const [block, label] of text.matchAll(/-----BEGIN ([A-Z ]+)-----[^]*?-----END \1-----/g)) {
    if (label === 'PRIVATE KEY') fail('SecKeychainItemImport: Unknown format in import.')
    if (label === 'CERTIFICATE') add(block)
    else addKey(block)
    if (existsSync(join(root, 'crash'))) fail('crash')
  }
}

/** @returns what it prints */
const security = (root: string, [verb = '', ...words]: readonly string[]): string => {
  appendFileSync(join(root, 'called'), `${JSON.stringify([verb, ...words])}\n`)
  const kept = readKeychain(root)
  const does = changes(kept, () => {
    writeFileSync(join(root, 'keychain.json'), JSON.stringify(kept))
    afterChange.act()
  })
  if (existsSync(join(root, 'locked'))) fail('SecKeychainItemImport: User interaction is not allowed.')
  const line = [verb, ...words].join(' ')
  const names = Object.keys(kept.certificates)
  if (line === 'find-certificate -a -Z') return names.map((name) => `SHA-1 hash: ${name}\n`).join('')
  if (line === 'find-identity')
    return names
      .filter((name) => kept.keys.includes(kept.certificates[name] ?? ''))
      .map((name, index) => `  ${index + 1}) ${name} "ada"\n`)
      .join('')
  if (verb === 'import') importFile(root, words, does)
  else if (verb === 'add-certificates') does.add(readFileSync(words[0] ?? '', 'utf8'))
  else if (/^delete-(?:identity|certificate) -Z /.test(line))
    does.remove(words[1] ?? '', verb === 'delete-identity')
  else fail('unknown command')
  return ''
}

/**
 * Does what security(1) says of certificates and keys, as far as it is asked, in this process: an identity is a certificate whose
 * key is there too, a key or certificate is imported once, and nothing of elliptic curves comes as PKCS#8. For vi.mock() of
 * runProgram.
 */
export const withFakeSecurity = (real: typeof Running): typeof Running => ({
  ...real,
  async runProgram(run) {
    if (run.program !== 'security') return real.runProgram(run)
    try {
      const stdout = Buffer.from(security(run.environment['KEYCHAINS'] ?? '', run.arguments ?? []))
      return { how: undefined, stdout, stderr: Buffer.alloc(0) }
    } catch (error) {
      return { how: 'ended with 1', stdout: Buffer.alloc(0), stderr: Buffer.from((error as Error).message) }
    }
  },
})

/** A macOS whose `security` keeps what it is given in a file. @param root one that is there already; a new one when left out */
export const fakeSecurity = async (root?: string) => {
  const folder = root ?? (await temporaryFolder())
  mkdirSync(folder, { recursive: true })
  const machine: KeyMachine = { platform: 'darwin', environment: { KEYCHAINS: folder } }
  return {
    root: folder,
    machine,
    keychain: () => {
      const { keys, certificates } = readKeychain(folder)
      return { keys, certificates: Object.keys(certificates) }
    },
    called: () =>
      readFileSync(join(folder, 'called'), 'utf8')
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as string[]),
    mark: (name: string) => writeFileSync(join(folder, name), ''),
    /** Puts a key and certificate of somebody else's into the keychain. */
    plant: (thumbprint: string) => {
      const { keys, certificates } = readKeychain(folder)
      const kept = { keys: [...keys, 'mail'], certificates: { ...certificates, [thumbprint]: 'mail' } }
      writeFileSync(join(folder, 'keychain.json'), JSON.stringify(kept))
    },
  }
}
