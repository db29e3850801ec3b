import { X509Certificate } from 'node:crypto'
import { rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { replaceFile } from '../../lib/files/replaceFile.ts'
import { decodeText } from '../../lib/text/decodeText.ts'
import { readSecretFile, refuseKeyFile } from '../../lib/x509/readSecretFile.ts'
import type { ClientCertificate } from '../clientCertificate.ts'
import { boughtCertificate } from './boughtCertificate.ts'
import { type KeyProvider, type PemKey, softwareKeys } from './clientKey.ts'
import type { CredentialStore } from './credentialStore.ts'
import { type HeldPair, heldPair, isSameKey } from './heldPair.ts'
import { type KeyMachine, privateFolder, thisMachine } from './privateFolder.ts'
import { pkcs12Of } from './pkcs12Of.ts'
import { readPassword } from './readPassword.ts'
import { readGenerations, settleGeneration, switchGeneration } from './switchGeneration.ts'

/** A store whose files are PEM, as VPN clients read them. */
export interface CredentialFolder extends CredentialStore {
  readonly files: {
    readonly key: string
    readonly certificate: string
    readonly chain: string
    readonly pkcs12?: string
  }
  held(): Promise<HeldPair | undefined>
  pendingKey(): Promise<PemKey>
  accept(certificate: ClientCertificate, key: PemKey): Promise<void>
}

const refuse = (file: string) => (why: string, cause?: unknown) => refuseKeyFile(file, why, cause)

/** Reads the key that an interrupted request left. @throws {Refusal} `key-file-refused` for anything but one of the kind that is made here, by its owner. */
export const readPending = async (
  file: string,
  keys: Pick<KeyProvider, 'open'>,
): Promise<PemKey | undefined> => {
  const octets = await readSecretFile(file, refuse(file))
  if (!octets) return undefined
  const text = decodeText(octets, (why) => refuseKeyFile(file, `it ${why}`))
  const key = await keys.open(text).catch(() => {
    // The parser's own message could quote the file.
    throw refuseKeyFile(file, 'it is not a PKCS#8 PEM file')
  })
  if (key) return key
  throw refuseKeyFile(file, 'it is a key of another kind; remove it to start with a new one')
}

/**
 * Makes the folder, or makes sure that nobody else can put a key of theirs into it.
 * @throws {Refusal} `key-file-refused`
 */
export const prepareFolder = async (folder: string, machine: KeyMachine): Promise<void> => {
  await privateFolder(folder, machine)
  const { mode, uid } = await stat(folder)
  if (process.platform === 'win32') return
  if ((mode & 0o022) === 0 && uid === process.getuid?.()) return
  throw refuseKeyFile(folder, 'others can write to this folder')
}

/** Where the key of a folder waits for its certificate. */
export const pendingKeyFile = (folder: string): string => join(folder, 'pending-key.pem')

export interface CredentialFolderOptions {
  /** Makes the keys; P-256 in this process when left out. */
  readonly keys?: KeyProvider
  /** Whether the key in use gets the next certificate too, for who pins it; a new one each time when left out. */
  readonly reusesKey?: boolean
  /** The file of the password of `credential.p12`, which holds all of a generation once more; there is none when left out. */
  readonly pkcs12Password?: string | undefined
  readonly machine?: KeyMachine
}

/** Opens a folder for a client's credentials: made for its owner alone, as are the keys in it. */
export const credentialFolder = (
  folder: string,
  {
    keys = softwareKeys(),
    reusesKey = false,
    pkcs12Password,
    machine = thisMachine,
  }: CredentialFolderOptions = {},
): CredentialFolder => {
  const files = {
    key: join(folder, 'key.pem'),
    certificate: join(folder, 'certificate.pem'),
    chain: join(folder, 'chain.pem'),
    ...(pkcs12Password === undefined ? {} : { pkcs12: join(folder, 'credential.p12') }),
  }
  const pending = pendingKeyFile(folder)
  const held = () => heldPair(folder)
  const bought = boughtCertificate(folder)
  const putIntoUse = async ({ certificate, chain }: ClientCertificate, { pem }: PemKey): Promise<true> => {
    const contents = { key: pem, certificate, chain }
    const pkcs12 = pkcs12Password === undefined ? undefined : await pkcs12Of(contents, pkcs12Password)
    await switchGeneration(folder, {
      'key.pem': { content: pem, mode: 0o600 },
      'certificate.pem': { content: certificate, mode: 0o644 },
      'chain.pem': { content: chain.join(''), mode: 0o644 },
      ...(pkcs12 && { 'credential.p12': { content: pkcs12, mode: 0o600 } }),
    })
    await rm(pending, { force: true })
    return true
  }
  return {
    files,
    held,
    async pendingKey() {
      await prepareFolder(folder, machine)
      // A password that cannot be read is told before a token is spent.
      if (pkcs12Password !== undefined) await readPassword(pkcs12Password)
      const left = await readPending(pending, keys)
      const inUse = left && (await held())
      // A crash after the switch left what is in use by now.
      if (left && !(inUse && isSameKey(inUse.key.publicKey, left.publicKey))) return left
      const kept = reusesKey ? (await held())?.key.pem : undefined
      const key =
        (kept === undefined ? undefined : await keys.open(kept)) ??
        (await keys.make(await readGenerations(folder, 'key.pem'), folder))
      await replaceFile(pending, key.pem, 0o600)
      return key
    },
    accept: (certificate, key) => bought.accept(certificate, () => putIntoUse(certificate, key)),
    settle: (settling) =>
      bought.settle(settling, async (certificate) => {
        if ((await held())?.certificate === certificate.certificate) {
          await settleGeneration(folder)
          await rm(pending, { force: true })
          return true
        }
        const key = await readPending(pending, keys)
        const isFor = key && isSameKey(key.publicKey, new X509Certificate(certificate.certificate).publicKey)
        return isFor === true && putIntoUse(certificate, key)
      }),
  }
}
