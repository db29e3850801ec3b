import { randomUUID } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Refusal } from '../../lib/errors/refusal.ts'
import { jsonMember } from '../../lib/json/parseJson.ts'
import { decodeCsr } from '../../lib/x509/decodeCsr.ts'
import { type ClientKey, keyAlgorithmOf } from '../credential/clientKey.ts'
import { prepareFolder } from '../credential/credentialFolder.ts'
import type { CredentialStore } from '../credential/credentialStore.ts'
import type { KeyAlgorithm } from '../credential/keySettings.ts'
import type { KeyMachine } from '../credential/privateFolder.ts'
import { acceptOnPlatform, filesBeside } from './acceptOnPlatform.ts'
import { heldByPlatform } from './heldByPlatform.ts'
import {
  type OwnCertificates,
  ownCertificatesOf,
  type PendingRequest,
  writeOwnCertificates,
} from './ownCertificates.ts'
import { requestedKey } from './requestedKey.ts'
import { requestInf, windowsAlgorithms, type windowsProviders } from './requestInf.ts'
import { askWindows, windowsPlatform } from './windowsPlatform.ts'
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

/** A key that is in Windows already, by what makes such keys and by its name there. */
interface NamedKey {
  readonly provider: Provider
  readonly container: string
}

const namedKeyOf = (reuse: string | undefined): NamedKey | undefined => {
  const [, provider, container] = /^(tpm2|software)\/(mayfly-[\da-f-]{36})$/.exec(reuse ?? '') ?? []
  return container === undefined ? undefined : { provider: provider as Provider, container }
}

/** A request that is to be made. */
interface Requesting {
  readonly known: OwnCertificates
  readonly subject: string
  readonly provider: Provider
  /** The key that is there; a new one when left out. */
  readonly key: NamedKey | undefined
}

/** What waited before goes, with its key unless a certificate has that. */
const removalOf = ({ certificates, pending }: OwnCertificates) => {
  if (!pending) return []
  const { subject, reuse } = pending
  return [{ subject, isKeyInUse: reuse !== undefined && certificates.some((one) => one.reuse === reuse) }]
}

/** Has certreq make a request. It is known before it is there, and so is the request when the token is spent. */
const request = async (
  folder: string,
  { keyAlgorithm, reusesKey, machine }: WindowsStoreOptions,
  { known, subject, provider, key }: Requesting,
): Promise<ClientKey> => {
  const container = key?.container ?? (reusesKey ? subject.replace('CN=', '') : undefined)
  const reuse = container === undefined ? {} : { reuse: `${provider}/${container}` }
  const pending: PendingRequest = { subject, ...reuse }
  await writeOwnCertificates(folder, { ...known, pending })
  const made = await withDraft(folder, async (draft) => {
    const inf = requestInf({ subject, provider, keyAlgorithm, container, isKeyThere: key !== undefined })
    await writeFile(join(draft, 'request.inf'), inf)
    await askWindows(machine, 'request', { folder: draft, remove: removalOf(known) })
    return decodeCsr(await readFile(join(draft, 'request.csr')))
  })
  const csr = Buffer.from(made).toString('base64')
  await writeOwnCertificates(folder, { ...known, pending: { ...pending, csr } })
  return requestedKey(csr)
}

/** The key of the request that waits, where that is in the store and of the right kind. */
const waitingKey = async (
  { pending }: OwnCertificates,
  { keyAlgorithm, machine }: WindowsStoreOptions,
): Promise<ClientKey | undefined> => {
  if (pending?.csr === undefined) return undefined
  const key = requestedKey(pending.csr)
  if (keyAlgorithmOf(key.publicKey) !== keyAlgorithm) return undefined
  const given = { store: 'REQUEST', property: 'Subject', value: pending.subject }
  return jsonMember(await askWindows(machine, 'holds', given), 'holds') === true ? key : undefined
}

/** Makes a request by the TPM, and where that does not make the key, by Windows itself. */
const nextRequest = async (
  folder: string,
  options: WindowsStoreOptions,
  { known, key }: Pick<Requesting, 'known' | 'key'>,
): Promise<ClientKey> => {
  const requesting = { known, key, subject: `CN=mayfly-${randomUUID()}` }
  const chosen = key?.provider ?? options.keyProvider
  if (chosen !== undefined) return request(folder, options, { ...requesting, provider: chosen })
  try {
    return await request(folder, options, { ...requesting, provider: 'tpm2' })
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    const made = await request(folder, options, { ...requesting, provider: 'software' })
    options.tell(`Warning: the key is kept by Windows itself, for no TPM made it. ${error.detail}`)
    return made
  }
}

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
  const held = () => heldByPlatform(folder, platform)
  /** The key of the certificate in use, where it is to get the next one too. */
  const keyToReuse = async ({ certificates }: OwnCertificates): Promise<NamedKey | undefined> => {
    const inUse = reusesKey ? await held() : undefined
    if (!inUse || keyAlgorithmOf(inUse.key.publicKey) !== keyAlgorithm) return undefined
    return namedKeyOf(certificates.find(({ thumbprint }) => thumbprint === inUse.thumbprint)?.reuse)
  }
  return {
    files: filesBeside(folder),
    held,
    async pendingKey() {
      await prepareFolder(folder, machine)
      const known = await ownCertificatesOf(folder, 'windows')
      return (
        (await waitingKey(known, options)) ??
        nextRequest(folder, options, { known, key: await keyToReuse(known) })
      )
    },
    async accept(certificate, key) {
      const { pending } = await ownCertificatesOf(folder, 'windows')
      await acceptOnPlatform(folder, platform, { certificate, key, reuse: pending?.reuse })
    },
  }
}
