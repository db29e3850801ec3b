import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { mkdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { readPrivateKeyFile, refuseKeyFile } from '../lib/x509/readSecretFile.ts'
import type { ClientCertificate } from './clientCertificate.ts'
import { renameOver } from '../lib/files/renameOver.ts'
import { replaceFile } from '../lib/files/replaceFile.ts'

/** Where a client keeps its key and certificate. */
export interface CredentialFolder {
  /** PEM files that VPN clients read. */
  readonly files: { readonly key: string; readonly certificate: string; readonly chain: string }
  /**
   * The key for the next certificate: the one that an interrupted enrollment left behind, else a new EC P-256 key.
   * It is on disk before it is used, so that a client that crashed gets the certificate its token bought.
   * @throws {Refusal} `key-file-refused` when what was left behind is no such key, or others can write to the folder.
   */
  pendingKey(): Promise<KeyObject>
  /**
   * Puts the pending key and its certificate in place, each file atomically and the key last: a crash in between leaves
   * the pending key, with which enrolling again completes the set.
   */
  accept(certificate: ClientCertificate): Promise<void>
}

/** @throws {Refusal} `key-file-refused` for anything but a key of the kind that is made here, by its owner. */
const readPending = async (file: string): Promise<KeyObject | undefined> => {
  const key = await readPrivateKeyFile(file)
  if (!key || key.asymmetricKeyDetails?.namedCurve === 'prime256v1') return key
  throw refuseKeyFile(file, 'it is not an EC P-256 key; remove it to start with a new one')
}

/** Makes the folder, or makes sure that nobody else can put a key of theirs into it. */
const prepareFolder = async (folder: string): Promise<void> => {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const { mode, uid } = await stat(folder)
  if (process.platform === 'win32') return
  if ((mode & 0o022) === 0 && uid === process.getuid?.()) return
  throw refuseKeyFile(folder, 'others can write to this folder')
}

/** Opens a folder for a client's credentials: made for its owner alone, as are the keys in it. */
export const credentialFolder = (folder: string): CredentialFolder => {
  const files = {
    key: join(folder, 'key.pem'),
    certificate: join(folder, 'certificate.pem'),
    chain: join(folder, 'chain.pem'),
  }
  const pending = join(folder, 'pending-key.pem')
  return {
    files,
    async pendingKey() {
      await prepareFolder(folder)
      const left = await readPending(pending)
      if (left) return left
      const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
      await replaceFile(pending, privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(), 0o600)
      return privateKey
    },
    async accept({ certificate, chain }) {
      await replaceFile(files.chain, chain.join(''), 0o644)
      await replaceFile(files.certificate, certificate, 0o644)
      await renameOver(pending, files.key)
    },
  }
}
