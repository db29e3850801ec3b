import { createPublicKey, type KeyObject, randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Refusal } from '../../lib/errors/refusal.ts'
import { replaceFile } from '../../lib/files/replaceFile.ts'
import { isOfKind, type KeyProvider, type PemKey } from './clientKey.ts'
import { csrSignedBy } from './createCsr.ts'
import type { KeyAlgorithm } from './keySettings.ts'
import { type Pkcs11Key, pkcs11KeyIn, pkcs11Pem } from './pkcs11Key.ts'
import { type Pkcs11Kind, pkcs11Kinds } from './pkcs11Kinds.ts'
import { listKeys, removeKeys } from './listedKey.ts'
import { type Pkcs11Place, type Pkcs11Token, pkcs11Token } from './pkcs11Token.ts'
import type { KeyMachine } from './privateFolder.ts'

/** What begins the labels of keys that are made here; the rest is drawn once for each credential. */
const ownLabel = /^mayfly-[\da-f]{16}$/

const publicKeyOf = (spki: Uint8Array): KeyObject =>
  createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' })

/** The label of the first key: in the folder before the key is made, so that one that a crash left is known again. */
const firstLabel = async (folder: string | undefined): Promise<string> => {
  const file = folder === undefined ? undefined : join(folder, 'token-label')
  const known = file && (await readFile(file, 'utf8').catch(() => '')).trim()
  if (known !== undefined && ownLabel.test(known)) return known
  const label = `mayfly-${randomBytes(8).toString('hex')}`
  if (file !== undefined) await replaceFile(file, `${label}\n`, 0o600)
  return label
}

/** Makes a pair of keys under a new id. @throws {Refusal} `key-provider-failed` where the token would give the key away */
const makePair = async (
  token: Pkcs11Token,
  { keyType, spkiOf }: Pkcs11Kind,
  place: Pick<Pkcs11Key, 'token' | 'label'>,
): Promise<Pick<Pkcs11Key, 'id' | 'publicKey'>> => {
  const id = randomBytes(16).toString('hex')
  const named = ['--id', id, '--label', place.label]
  await token(['--keypairgen', '--key-type', keyType, ...named, '--usage-sign'])
  const made = (await listKeys(token)).filter((one) => one.id === id)
  const listed = made.find(({ type }) => type === 'pubkey')
  const isKept = made.some(({ type, isNeverExtractable }) => type === 'privkey' && isNeverExtractable)
  if (listed && isKept) return { id, publicKey: publicKeyOf(await spkiOf(token, listed)) }
  await removeKeys(token, made)
  throw new Refusal(
    'key-provider-failed',
    `Cannot use the token "${place.token}": ${isKept ? 'it tells no public key' : 'it makes keys that can be taken out of it'}.`,
  )
}

const refuse = (why: string): Refusal => new Refusal('usage-wrong', `Cannot make a key on a token: ${why}.`)

/** @throws {Refusal} `usage-wrong` for what cannot be on a token, or not here */
const kindOf = (algorithm: KeyAlgorithm, { platform }: KeyMachine): Pkcs11Kind => {
  const kind = pkcs11Kinds[algorithm]
  if (platform === 'win32') throw refuse('Windows has --store windows for keys that stay where they are')
  if (kind) return kind
  throw refuse(`it makes ${Object.keys(pkcs11Kinds).join(', ')}, not ${algorithm}`)
}

/**
 * Has the program `pkcs11-tool` make keys on a PKCS#11 token, and sign by them. What is stored is a reference. A token has
 * little room: before a key is made, those go that have the label of the credential and are no longer in its folder.
 * @throws {Refusal} `usage-wrong` for a kind of key that tokens do not make, and on Windows
 */
export const pkcs11Keys = (algorithm: KeyAlgorithm, place: Pkcs11Place, machine: KeyMachine): KeyProvider => {
  const kind = kindOf(algorithm, machine)
  const openToken = pkcs11Token(place, machine)
  const keyOf = (key: Pkcs11Key): PemKey => ({
    publicKey: key.publicKey,
    pem: pkcs11Pem(key, place.pinFile),
    makeCsr: () =>
      csrSignedBy(key.publicKey, kind.signature, async (octets) =>
        kind.sign(await openToken(), key.id, octets),
      ),
  })
  const own = (pem: string): Pkcs11Key | undefined => {
    const key = pkcs11KeyIn(pem)
    return key?.token === place.token && ownLabel.test(key.label) ? key : undefined
  }
  return {
    async make(kept = [], folder) {
      const keys = kept.flatMap((pem) => own(pem) ?? [])
      const label = keys.at(-1)?.label ?? (await firstLabel(folder))
      const token = await openToken()
      const listed = await listKeys(token)
      const isKept = (id: string) => keys.some((key) => key.id === id)
      await removeKeys(
        token,
        listed.filter((one) => one.label === label && !isKept(one.id)),
      )
      const named = { token: place.token, label }
      return keyOf({ ...named, ...(await makePair(token, kind, named)) })
    },
    async open(pem) {
      const key = own(pem)
      return key && isOfKind(algorithm, key.publicKey) ? keyOf(key) : undefined
    },
  }
}
