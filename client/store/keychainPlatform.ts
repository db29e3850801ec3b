import { createPrivateKey, type KeyExportOptions, X509Certificate } from 'node:crypto'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Refusal } from '../../lib/errors/refusal.ts'
import { pendingKeyFile } from '../credential/credentialFolder.ts'
import type { KeyMachine } from '../credential/privateFolder.ts'
import { runProgram } from '../runProgram.ts'
import type { Installation, Platform, Removal } from './platform.ts'
import { withDraft } from './withDraft.ts'

/** Somebody may have to unlock the keychain first. */
const timeoutMilliseconds = 60_000

/** Runs `security`, on the default keychain of the user: that of the login. @throws {Refusal} `certificate-store-refused` */
const security = async ({ environment }: KeyMachine, words: readonly string[]): Promise<string> => {
  const { how, stdout, stderr } = await runProgram({
    program: 'security',
    arguments: words,
    environment,
    timeoutMilliseconds,
  })
  if (how === undefined) return stdout.toString()
  const said =
    stderr
      .toString()
      .replaceAll(/\p{C}+/gu, ' ')
      .trim()
      .slice(0, 300) || 'it says no more'
  const detail = `Cannot use the keychain: security ${words[0]} ${how}: ${said.replace(/\.$/, '')}.`
  throw new Refusal('certificate-store-refused', detail)
}

const hashesIn = (listed: string): ReadonlySet<string> => new Set(listed.match(/\b[\dA-F]{40}\b/g))

/** The SHA-1 of every certificate that the user's keychains have. */
const certificatesOf = async (machine: KeyMachine): Promise<ReadonlySet<string>> =>
  hashesIn(await security(machine, ['find-certificate', '-a', '-Z']))

/** A key as `security` reads it: that knows no PKCS#8 of elliptic curves. */
const traditional = (pem: string): string => {
  const key = createPrivateKey(pem)
  const isEc = key.asymmetricKeyType === 'ec'
  return key.export({ format: 'pem', type: isEc ? 'sec1' : 'pkcs1' } as PemExport).toString()
}

/** Node.js takes either; its types ask for a key whose kind is known. */
type PemExport = KeyExportOptions<'pem'>

/** @returns those that the keychain still has */
const removeFrom = async (machine: KeyMachine, removals: readonly Removal[]): Promise<readonly string[]> => {
  if (removals.length === 0) return []
  for (const { thumbprint, isKeyInUse } of removals) {
    const verb = isKeyInUse ? 'delete-certificate' : 'delete-identity'
    // What somebody else removed is not there; what is there after all is tried again next time.
    await security(machine, [verb, '-Z', thumbprint]).catch(() => undefined)
  }
  const there = await certificatesOf(machine)
  return removals.map(({ thumbprint }) => thumbprint).filter((thumbprint) => there.has(thumbprint))
}

/** What is put into a keychain besides the certificate. */
export interface KeychainKey {
  /** PKCS#8; undefined for a key that the keychain has. */
  readonly pem: string | undefined
  /** The path of a program that may use the key without asking its owner. */
  readonly program: string | undefined
}

/** Adds issuers, so that clients can send them; what is there already would be an error. */
const addIssuers = async (machine: KeyMachine, draft: string, chain: readonly string[]): Promise<void> => {
  const there = await certificatesOf(machine)
  for (const pem of chain) {
    if (there.has(new X509Certificate(pem).fingerprint.replaceAll(':', ''))) continue
    await writeFile(join(draft, 'issuer.pem'), pem)
    await security(machine, ['add-certificates', join(draft, 'issuer.pem')])
  }
}

/** The key comes before the certificate: whoever sees that finds its key. */
const importPair = async (
  machine: KeyMachine,
  draft: string,
  { certificate, pem, program }: KeychainKey & { readonly certificate: string },
): Promise<void> => {
  const file = join(draft, 'identity.pem')
  await writeFile(file, (pem === undefined ? '' : traditional(pem)) + certificate, { mode: 0o600 })
  const trusted = program === undefined ? [] : ['-T', program]
  await security(machine, ['import', file, '-t', 'agg', '-f', 'pemseq', '-x', ...trusted])
}

/**
 * The keychain of the user of this process.
 * @param key what the next certificate comes with.
 */
export const keychainPlatform = (
  folder: string,
  machine: KeyMachine,
  key: KeychainKey = { pem: undefined, program: undefined },
): Platform => {
  const holds = async (thumbprint: string) =>
    hashesIn(await security(machine, ['find-identity'])).has(thumbprint)
  /** A keychain takes no key twice: where a crash left it there, the certificate comes alone. */
  const bring = (draft: string, certificate: string, thumbprint: string) =>
    importPair(machine, draft, { certificate, ...key }).catch(async (error: unknown) => {
      if (key.pem === undefined) throw error
      await importPair(machine, draft, { certificate, pem: undefined, program: key.program }).catch(
        () => undefined,
      )
      if (!(await holds(thumbprint))) throw error
    })
  return {
    name: 'keychain',
    holds,
    install: ({ certificate: { certificate, chain }, own, remove }: Installation) =>
      withDraft(folder, async (draft) => {
        await addIssuers(machine, draft, chain)
        if (!(await holds(own.thumbprint))) await bring(draft, certificate, own.thumbprint)
        if (!(await holds(own.thumbprint)))
          throw new Refusal(
            'certificate-store-refused',
            'Cannot use the keychain: the certificate came into it without its key.',
          )
        // From now on the keychain alone has it.
        await rm(pendingKeyFile(folder), { force: true })
        return removeFrom(machine, remove)
      }),
  }
}
