import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Refusal } from '../../lib/errors/refusal.ts'
import { runProgram } from '../runProgram.ts'
import type { KeyProvider, PemKey } from './clientKey.ts'
import type { KeyAlgorithm } from './keySettings.ts'
import type { KeyMachine } from './privateFolder.ts'
import { tpm2PublicKey } from './tpm2PublicKey.ts'

const timeoutMilliseconds = 60_000
const providers = ['-provider', 'tpm2', '-provider', 'default'] as const

/** How the openssl program is asked for a kind of key, and to sign by it. */
interface Tpm2Kind {
  readonly words: readonly string[]
  readonly digest: '-sha256' | '-sha384'
  readonly details: { readonly namedCurve?: string; readonly modulusLength?: number }
}

const kinds: Readonly<Partial<Record<KeyAlgorithm, Tpm2Kind>>> = {
  'P-256': {
    words: ['EC', '-pkeyopt', 'group:P-256'],
    digest: '-sha256',
    details: { namedCurve: 'prime256v1' },
  },
  'P-384': {
    words: ['EC', '-pkeyopt', 'group:P-384'],
    digest: '-sha384',
    details: { namedCurve: 'secp384r1' },
  },
  'RSA-2048': {
    words: ['RSA', '-pkeyopt', 'bits:2048'],
    digest: '-sha256',
    details: { modulusLength: 2048 },
  },
  'RSA-3072': {
    words: ['RSA', '-pkeyopt', 'bits:3072'],
    digest: '-sha256',
    details: { modulusLength: 3072 },
  },
}

/** The line in which the program says what is wrong, among those of the libraries beneath it. */
const saidBy = (stderr: Buffer): string =>
  stderr
    .toString()
    .split('\n')
    .find((line) => /^\w+: /.test(line))
    ?.replaceAll(/\p{C}+/gu, ' ')
    .slice(0, 300) ?? 'it says no more'

const openssl = async ({ environment }: KeyMachine, args: readonly string[]): Promise<Buffer> => {
  const { how, stdout, stderr } = await runProgram({
    program: 'openssl',
    arguments: args,
    environment,
    timeoutMilliseconds,
  })
  if (how === undefined) return stdout
  const why = `openssl ${how}: ${saidBy(stderr)}`
  throw new Refusal('key-provider-failed', `Cannot use a key of the TPM: ${why}.`)
}

/** Makes a request. The program reads keys from files alone, not from what Node.js gives it as standard input. */
const requestBy = async (machine: KeyMachine, pem: string, { digest }: Tpm2Kind): Promise<Uint8Array> => {
  const folder = await mkdtemp(join(tmpdir(), 'mayfly-tpm2-'))
  const file = join(folder, 'key.pem')
  try {
    await writeFile(file, pem, { mode: 0o600 })
    const words = ['req', '-new', '-batch', ...providers, '-key', file, '-subj', '/', digest]
    return await openssl(machine, [...words, '-outform', 'DER'])
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/**
 * Has the openssl program make keys in the machine's TPM 2.0, by its provider tpm2. What is stored is the key encrypted by
 * the TPM, which no other TPM opens.
 * @throws {Refusal} `usage-wrong` for a kind of key that it does not make
 */
export const tpm2Keys = (algorithm: KeyAlgorithm, machine: KeyMachine): KeyProvider => {
  const kind = kinds[algorithm]
  if (!kind)
    throw new Refusal(
      'usage-wrong',
      `Cannot make a key: a TPM makes ${Object.keys(kinds).join(', ')}, not ${algorithm}.`,
    )
  const keyOf = (pem: string): PemKey | undefined => {
    const publicKey = tpm2PublicKey(pem)
    const { namedCurve, modulusLength } = publicKey?.asymmetricKeyDetails ?? {}
    const isOfKind = namedCurve === kind.details.namedCurve && modulusLength === kind.details.modulusLength
    if (!publicKey || !isOfKind) return undefined
    return { publicKey, pem, makeCsr: () => requestBy(machine, pem, kind) }
  }
  return {
    async make() {
      const made = await openssl(machine, ['genpkey', ...providers, '-algorithm', ...kind.words])
      const key = keyOf(made.toString())
      if (key) return key
      throw new Refusal(
        'key-provider-failed',
        'Cannot use a key of the TPM: openssl made one of another kind.',
      )
    },
    open: async (pem) => keyOf(pem),
  }
}
