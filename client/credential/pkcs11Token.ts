import { Refusal } from '../../lib/errors/refusal.ts'
import { checkUnshared } from '../checkUnshared.ts'
import { runProgram } from '../runProgram.ts'
import type { KeySettings } from './keySettings.ts'
import type { KeyMachine } from './privateFolder.ts'
import { readPin } from './readPassword.ts'

/** A PKCS#11 token, and how it is reached. */
export interface Pkcs11Place {
  /** The path of the library that reaches it. */
  readonly module: string
  /** Its label. */
  readonly token: string
  /** The path of the file that holds its user's PIN. */
  readonly pinFile: string
}

/** What settings say of a token. */
export type Pkcs11Settings = Pick<KeySettings, 'pkcs11Module' | 'pkcs11Token' | 'pkcs11PinFile'>

/** The token that settings describe; that nothing of it is missing was checked before. */
export const pkcs11PlaceOf = ({
  pkcs11Module: module = '',
  pkcs11Token: token = '',
  pkcs11PinFile: pinFile = '',
}: Partial<Pkcs11Settings>): Pkcs11Place => ({ module, token, pinFile })

/** A token whose user is logged in: runs the program `pkcs11-tool` with more words. @throws {Refusal} `key-provider-failed`, `key-file-refused` for a key that is gone */
export type Pkcs11Token = (words: readonly string[], input?: Uint8Array) => Promise<Buffer>

const timeoutMilliseconds = 60_000

/** Says what the program did not do, and its own line about it among those of libraries. */
const failure = (how: string, stderr: Buffer): string => {
  const lines = stderr.toString().split('\n')
  const line = lines.find((one) => one.startsWith('error: ')) ?? lines.find((one) => one.trim() !== '')
  return `pkcs11-tool ${how}: ${line?.replaceAll(/\p{C}+/gu, ' ').slice(0, 300) ?? 'it says no more'}`
}

const refuse = ({ token }: Pkcs11Place, why: string): Refusal =>
  new Refusal('key-provider-failed', `Cannot use the token "${token}": ${why}.`)

/** The flags of PKCS #11 section 3.2 with which one more wrong PIN locks a token, or that is locked. */
const lastTry = /user PIN locked|final user PIN try/

/** Makes sure that there is one such token, and that a wrong PIN would not lock it. */
const checkToken = (place: Pkcs11Place, listed: string): void => {
  const tokens = listed
    .split(/^Slot /m)
    .filter((slot) => /^ *token label *: (.*)$/m.exec(slot)?.[1]?.trim() === place.token)
  const [only, ...others] = tokens
  if (only === undefined) throw refuse(place, 'there is none of that label')
  if (others.length > 0) throw refuse(place, `there are ${tokens.length} of that label`)
  const [flag] = lastTry.exec(only) ?? []
  if (flag !== undefined)
    throw refuse(place, `it says "${flag}", so that its PIN is not tried; log in to it by hand`)
}

/**
 * Makes what logs in to a token, by the program `pkcs11-tool` of OpenSC. The PIN is in the environment of that program alone,
 * and one that the token did not take is not tried again: a few of them would lock it.
 */
export const pkcs11Token = (place: Pkcs11Place, { environment }: KeyMachine) => {
  const { module, token, pinFile } = place
  const run = async (words: readonly string[], pin?: string, input?: Uint8Array) =>
    runProgram({
      program: 'pkcs11-tool',
      arguments: ['--module', module, ...words],
      environment: { ...environment, LC_ALL: 'C', ...(pin === undefined ? {} : { MAYFLY_PIN: pin }) },
      ...(input && { input }),
      timeoutMilliseconds,
    })
  let wrongPin: string | undefined
  /**
   * Logs in to the token.
   * @throws {Refusal} `key-provider-failed`, `path-shared` for a library that others could have replaced, and those of readPin()
   */
  return async (): Promise<Pkcs11Token> => {
    await checkUnshared(module, 'the PKCS#11 module')
    const pin = await readPin(pinFile)
    if (pin === wrongPin)
      throw refuse(place, `it did not take the PIN in ${pinFile}, which is the same still`)
    const listed = await run(['--list-token-slots'])
    if (listed.how !== undefined) throw refuse(place, failure(listed.how, listed.stderr))
    checkToken(place, listed.stdout.toString())
    return async (words, input) => {
      const login = ['--token-label', token, '--login', '--pin', 'env:MAYFLY_PIN']
      const { how, stdout, stderr } = await run([...login, ...words], pin, input)
      if (how === undefined) return stdout
      if (stderr.includes('CKR_PIN_INCORRECT')) wrongPin = pin
      if (/^error: Private(\/secret)? key not found/m.test(stderr.toString()))
        throw new Refusal(
          'key-file-refused',
          `Cannot use the key file: its key is no longer on the token "${token}"; remove pending-key.pem to start with a new one.`,
        )
      throw refuse(place, failure(how, stderr))
    }
  }
}
