import {
  createPublicKey,
  generateKeyPair as generateKeyPairWithCallback,
  type KeyObject,
  randomUUID,
  sign,
} from 'node:crypto'
import { link, mkdir, open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Refusal } from '../errors/refusal.ts'
import { spend } from '../prepared/prepared.ts'
import { readPrivateKeyFile, refuseKeyFile } from '../x509/readSecretFile.ts'
import { signatureAlgorithms } from '../x509/signatureAlgorithm.ts'
import { type AuthorityAlgorithm, type KeyProvider, probeOctets, type Signer } from './signer.ts'

const generateKeyPair = promisify(generateKeyPairWithCallback)
const scheme = 'local:'
const namePattern = /^[a-z0-9][a-z0-9.-]{0,126}$/

const generate = async (algorithm: AuthorityAlgorithm): Promise<KeyObject> => {
  switch (algorithm) {
    case 'ES256':
      return (await generateKeyPair('ec', { namedCurve: 'P-256' })).privateKey
    case 'ES384':
      return (await generateKeyPair('ec', { namedCurve: 'P-384' })).privateKey
    case 'RS256':
      return (await generateKeyPair('rsa', { modulusLength: 3072 })).privateKey
  }
}

const algorithmOf = (key: KeyObject, file: string): AuthorityAlgorithm => {
  if (key.asymmetricKeyType === 'rsa') return 'RS256'
  const curve = key.asymmetricKeyDetails?.namedCurve
  if (curve === 'prime256v1') return 'ES256'
  if (curve === 'secp384r1') return 'ES384'
  throw refuseKeyFile(file, 'its key is neither EC P-256 or P-384 nor RSA')
}

const readKey = async (file: string): Promise<KeyObject> => {
  const key = await readPrivateKeyFile(file)
  if (!key) throw refuseKeyFile(file, 'it does not exist')
  return key
}

const writeDraft = async (draft: string, text: string): Promise<void> => {
  const handle = await open(draft, 'wx', 0o600)
  try {
    await handle.writeFile(text)
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Writes a whole file that did not exist, or nothing; false when it exists. */
const writeNew = async (file: string, text: string): Promise<boolean> => {
  const draft = `${file}.${randomUUID()}.tmp`
  try {
    await writeDraft(draft, text)
    await link(draft, file)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  } finally {
    await rm(draft, { force: true })
  }
}

const signerOf = (key: KeyObject, algorithm: AuthorityAlgorithm): Signer => {
  const { digest } = signatureAlgorithms[algorithm]
  return {
    algorithm,
    publicKey: createPublicKey(key).export({ format: 'der', type: 'spki' }),
    sign: async (prepared) => sign(digest, spend(prepared), key),
    probe: async () => sign(digest, probeOctets, key),
  }
}

/**
 * Authority keys in unencrypted PKCS#8 PEM files of one folder: for one machine and for tests.
 *
 * Files are created atomically with mode 0600 in a folder of mode 0700. On POSIX a file that others could read,
 * that belongs to another user or that is a symbolic link is refused. The key reference is `local:<name>`.
 */
export const localKeys = (folder: string): KeyProvider => {
  const fileOf = (name: string) => {
    if (!namePattern.test(name)) throw refuseKeyFile(JSON.stringify(name), 'its name is not allowed')
    return join(folder, `${name}.pem`)
  }
  return {
    async create(name, algorithm) {
      const file = fileOf(name)
      await mkdir(folder, { recursive: true, mode: 0o700 })
      const key = await generate(algorithm)
      const created = await writeNew(file, key.export({ format: 'pem', type: 'pkcs8' }).toString())
      if (!created && algorithmOf(await readKey(file), file) !== algorithm) {
        throw refuseKeyFile(file, `it exists and its key is not for ${algorithm}`)
      }
      return `${scheme}${name}`
    },
    holds: (keyReference) => keyReference.startsWith(scheme),
    async open(keyReference) {
      if (!keyReference.startsWith(scheme)) {
        throw new Refusal(
          'signer-refused',
          `Cannot open the key ${keyReference}: this process has local keys only.`,
        )
      }
      const file = fileOf(keyReference.slice(scheme.length))
      const key = await readKey(file)
      return signerOf(key, algorithmOf(key, file))
    },
  }
}
