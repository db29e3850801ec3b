import { randomUUID } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Refusal } from '../../lib/errors/refusal.ts'
import { jsonMember } from '../../lib/json/parseJson.ts'
import { decodeCsr } from '../../lib/x509/decodeCsr.ts'
import type { ClientCertificate } from '../clientCertificate.ts'
import { boughtCertificate } from '../credential/boughtCertificate.ts'
import { type ClientKey, keyAlgorithmOf } from '../credential/clientKey.ts'
import { prepareFolder } from '../credential/credentialFolder.ts'
import type { CredentialStore } from '../credential/credentialStore.ts'
import type { KeyAlgorithm } from '../credential/keySettings.ts'
import type { KeyMachine } from '../credential/privateFolder.ts'
import { acceptOnPlatform, filesBeside, keyHashOf, requestFor } from './acceptOnPlatform.ts'
import { heldByPlatform } from './heldByPlatform.ts'
import {
  type OwnCertificates,
  ownCertificatesOf,
  type OwnRequest,
  writeOwnCertificates,
} from './ownCertificates.ts'
import { requestedKey } from './requestedKey.ts'
import { requestInf, windowsAlgorithms, type windowsProviders } from './requestInf.ts'
import { keyForScripts, keyOfName, nameOfKey, type WindowsKey } from './windowsKey.ts'
import { askWindows, leftOf, windowsPlatform } from './windowsPlatform.ts'
import { withDraft } from './withDraft.ts'

type Provider = keyof typeof windowsProviders

/** How the store of Windows keeps a credential. */
export interface WindowsStoreOptions {
  readonly keyAlgorithm: KeyAlgorithm
  /** What makes the key: the TPM where there is one that does, else Windows itself, when left out. */
  readonly keyProvider: Provider | undefined
  readonly reusesKey: boolean
  readonly machine: KeyMachine
  /** Tells people what they may want to know: that a key is not in the TPM. */
  readonly tell: (text: string) => void
}

/** What is to go, with its key unless a certificate has that. */
const removalsOf = ({ certificates, requests }: OwnCertificates) =>
  requests.map(({ subject, reuse }) => ({
    subject,
    isKeyInUse: certificates.some((one) => one.reuse === reuse),
    ...keyForScripts(reuse),
  }))

/** Has certreq make a request. It is known before it is there, and so is what it asks for when the token is spent. */
const request = async (
  folder: string,
  { keyAlgorithm, machine }: WindowsStoreOptions,
  { provider, key }: { readonly provider: Provider; readonly key: WindowsKey | undefined },
): Promise<ClientKey> => {
  const known = await ownCertificatesOf(folder, 'windows')
  const name = `mayfly-${randomUUID()}`
  const { container } = key ?? { container: name }
  const making: OwnRequest = { subject: `CN=${name}`, reuse: nameOfKey({ provider, container }) }
  const others = known.requests.map(({ subject, reuse }) => ({ subject, reuse }))
  const remember = (...requests: readonly OwnRequest[]) =>
    writeOwnCertificates(folder, { ...known, requests })
  await remember(making, ...others)
  const { made, left } = await withDraft(folder, async (draft) => {
    const isKeyThere = key !== undefined
    const inf = requestInf({ subject: making.subject, provider, keyAlgorithm, container, isKeyThere })
    await writeFile(join(draft, 'request.inf'), inf)
    const given = { folder: draft, remove: removalsOf(known) }
    return {
      left: leftOf(await askWindows(machine, 'request', given)),
      made: decodeCsr(await readFile(join(draft, 'request.csr'))),
    }
  })
  const csr = Buffer.from(made).toString('base64')
  await remember({ ...making, csr }, ...others.filter(({ subject }) => left.includes(subject)))
  return requestedKey(csr)
}

/** The key of the request that waits, where that is in the store and of the right kind. */
const waitingKey = async (
  { requests: [latest] }: OwnCertificates,
  { keyAlgorithm, machine }: WindowsStoreOptions,
): Promise<ClientKey | undefined> => {
  if (latest?.csr === undefined) return undefined
  const key = requestedKey(latest.csr)
  if (keyAlgorithmOf(key.publicKey) !== keyAlgorithm) return undefined
  const given = { store: 'REQUEST', property: 'Subject', value: latest.subject }
  return jsonMember(await askWindows(machine, 'holds', given), 'holds') === true ? key : undefined
}

/** Makes a request by the TPM, and where that does not make the key, by Windows itself. */
const nextRequest = async (
  folder: string,
  options: WindowsStoreOptions,
  key: WindowsKey | undefined,
): Promise<ClientKey> => {
  const chosen = key?.provider ?? options.keyProvider
  if (chosen !== undefined) return request(folder, options, { provider: chosen, key })
  try {
    return await request(folder, options, { provider: 'tpm2', key })
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    const made = await request(folder, options, { provider: 'software', key })
    options.tell(`Warning: the key is kept by Windows itself, for no TPM made it. ${error.detail}`)
    return made
  }
}

/** What certreq says of a certificate whose request is gone: CRYPT_E_NOT_FOUND. */
const isLost = (error: unknown): boolean => error instanceof Refusal && /0x80092004/.test(error.detail)

/**
 * Opens the certificate store of Windows for a credential: the key is made there and never leaves it. The folder has the
 * certificate for other programs, and the list of those that are ours in the store.
 * @throws {Refusal} `usage-wrong` for a kind of key that Windows does not make
 */
export const windowsStore = (folder: string, options: WindowsStoreOptions): CredentialStore => {
  const { keyAlgorithm, reusesKey, machine } = options
  if (!windowsAlgorithms.includes(keyAlgorithm))
    throw new Refusal(
      'usage-wrong',
      `Cannot make a key: the store of Windows takes ${windowsAlgorithms.join(', ')}, not ${keyAlgorithm}.`,
    )
  const platform = windowsPlatform(folder, machine)
  const bought = boughtCertificate(folder)
  const held = () => heldByPlatform(folder, platform)
  /** The key of the certificate in use, where it is to get the next one too. */
  const keyToReuse = async ({ certificates }: OwnCertificates): Promise<WindowsKey | undefined> => {
    const inUse = reusesKey ? await held() : undefined
    if (!inUse || keyAlgorithmOf(inUse.key.publicKey) !== keyAlgorithm) return undefined
    return keyOfName(certificates.find(({ thumbprint }) => thumbprint === inUse.thumbprint)?.reuse)
  }
  const putIntoUse = async (certificate: ClientCertificate): Promise<boolean> => {
    const known = await ownCertificatesOf(folder, 'windows')
    const key = keyHashOf(certificate.certificate)
    const of = requestFor(known, key) ?? known.certificates.find((one) => one.key === key)
    if (!of) return false
    await acceptOnPlatform(folder, platform, { certificate, reuse: of.reuse })
    return true
  }
  return {
    files: filesBeside(folder),
    held,
    async pendingKey() {
      await prepareFolder(folder, machine)
      const known = await ownCertificatesOf(folder, 'windows')
      return (await waitingKey(known, options)) ?? nextRequest(folder, options, await keyToReuse(known))
    },
    accept: (certificate) => bought.accept(certificate, putIntoUse),
    settle: (settling) =>
      bought.settle(settling, (certificate) =>
        putIntoUse(certificate).catch((error: unknown) => {
          if (isLost(error)) return false
          throw error
        }),
      ),
  }
}
