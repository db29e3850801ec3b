import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { KeyMachine } from '../../../client/credential/privateFolder.ts'
import { temporaryFolder } from '../../local/temporaryFolder.ts'

/**
 * What security(1) says of certificates and keys, as far as it is asked: an identity is a certificate whose key is there too, a
 * key or certificate is imported once, and nothing of elliptic curves comes as PKCS#8.
 */
const program = (root: string): string => `#!${process.execPath}
const fs = require('node:fs')
const { createHash, createPrivateKey, createPublicKey, X509Certificate } = require('node:crypto')
const file = ${JSON.stringify(join(root, 'keychain.json'))}
const [verb, ...words] = process.argv.slice(2)
fs.appendFileSync(${JSON.stringify(join(root, 'called'))}, JSON.stringify([verb, ...words]) + '\\n')
const kept = fs.existsSync(file) ? JSON.parse(fs.readFileSync(file, 'utf8')) : { keys: [], certificates: {} }
const save = () => fs.writeFileSync(file, JSON.stringify(kept))
const fail = (text) => { console.error('security: ' + text); process.exit(1) }
const hashOf = (key) => createHash('sha256').update(key.export({ format: 'der', type: 'spki' })).digest('hex')
const add = (pem) => {
  const certificate = new X509Certificate(pem)
  const name = certificate.fingerprint.replaceAll(':', '')
  if (name in kept.certificates) fail('SecKeychainItemImport: The specified item already exists in the keychain.')
  kept.certificates[name] = hashOf(certificate.publicKey)
}
if (fs.existsSync(${JSON.stringify(join(root, 'locked'))})) fail('SecKeychainItemImport: User interaction is not allowed.')
if (verb === 'import') {
  if (words.slice(1, 5).join(' ') !== '-t agg -f pemseq' || !words.includes('-x')) fail('usage')
  for (const [block, label] of fs.readFileSync(words[0], 'utf8').matchAll(/-----BEGIN ([A-Z ]+)-----[^]*?-----END \\1-----/g)) {
    if (label === 'CERTIFICATE') { add(block); continue }
    if (label === 'PRIVATE KEY') fail('SecKeychainItemImport: Unknown format in import.')
    const key = hashOf(createPublicKey(createPrivateKey(block)))
    if (kept.keys.includes(key)) fail('SecKeychainItemImport: The specified item already exists in the keychain.')
    kept.keys.push(key)
    save()
    if (fs.existsSync(${JSON.stringify(join(root, 'crash'))})) fail('crash')
  }
  save()
} else if (verb === 'add-certificates') { add(fs.readFileSync(words[0])); save() }
else if (verb === 'find-certificate' && words.join(' ') === '-a -Z')
  for (const name of Object.keys(kept.certificates)) console.log('SHA-1 hash: ' + name)
else if (verb === 'find-identity')
  Object.entries(kept.certificates).filter(([, key]) => kept.keys.includes(key))
    .forEach(([name], index) => console.log('  ' + (index + 1) + ') ' + name + ' "ada"'))
else if (/^delete-(identity|certificate)$/.test(verb) && words[0] === '-Z') {
  const key = kept.certificates[words[1]]
  if (key === undefined) fail('SecKeychainSearchCopyNext: The specified item could not be found in the keychain.')
  delete kept.certificates[words[1]]
  if (verb === 'delete-identity') kept.keys = kept.keys.filter((one) => one !== key)
  save()
} else fail('unknown command')
`

/** A macOS whose `security` keeps what it is given in a file. */
export const fakeSecurity = async () => {
  const root = await temporaryFolder()
  const bin = join(root, 'bin')
  await mkdir(bin)
  await writeFile(join(bin, 'security'), program(root))
  await chmod(join(bin, 'security'), 0o755)
  const machine: KeyMachine = { platform: 'darwin', environment: { PATH: bin } }
  return {
    root,
    machine,
    keychain: async () => {
      const text = await readFile(join(root, 'keychain.json'), 'utf8')
      const { keys, certificates } = JSON.parse(text) as { keys: string[]; certificates: object }
      return { keys, certificates: Object.keys(certificates) }
    },
    called: async () =>
      (await readFile(join(root, 'called'), 'utf8'))
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as string[]),
    mark: (name: string) => writeFile(join(root, name), ''),
  }
}
