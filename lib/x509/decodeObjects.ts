import { isUtf16, utf16Reason, decodeBase64, latin1 } from '../text/decodeText.ts'
import { parsePem } from './pemBlock.ts'

/** An object that came as PEM, as DER, or as the base64 of DER without a frame. */
export interface EncodedObject {
  /** Of its PEM; undefined without a frame. */
  readonly label: string | undefined
  /** As it was encoded, and not yet parsed. */
  readonly der: Uint8Array
}

/** Makes the error to throw of a reason such as "it is empty". */
type Refuse = (why: string) => Error

const startOfSequence = 0x30

const isControl = (octet: number) => octet < 0x09 || (octet > 0x0d && octet < 0x20) || octet === 0x7f

/** A text may begin with the digit 0, which is 0x30 too; every DER object has an octet that no text has. */
const isDer = (octets: Uint8Array): boolean => octets[0] === startOfSequence && octets.some(isControl)

/** A program that takes octets for text writes those above 0x7f in UTF-8: no length of DER begins like that. */
const isConverted = ([, length]: Uint8Array): boolean => length === 0xc2 || length === 0xef

/** Names what is frequently sent in place of an object, by how its text looks. */
const strangers: readonly (readonly [form: RegExp, why: string])[] = [
  [/BEGIN(?:\+|%20)/, 'it is encoded as a form: send the text itself'],
  [/^(?:ssh-|ecdsa-sha2-|sk-|---- BEGIN SSH2 PUBLIC)/, 'it is an OpenSSH public key'],
  [/^[[{]/, 'it is JSON'],
  [/^eyJ/, 'it is a token'],
  [/^<[!?a-z]/i, 'it is HTML or XML'],
  [/^(?:0x)?30[\s\da-f:]+$/i, 'it is hexadecimal'],
  [/^48[\s,]+\d/, 'it is a list of numbers'],
]

const strangerIn = (text: string): string | undefined => strangers.find(([form]) => form.test(text))?.[1]

const escapedLineEnd = /\\[nr]/

/** Lines that were escaped twice on their way into JSON, or once on their way into a file, unless that is JSON itself. */
const escaped = (text: string): string | undefined =>
  escapedLineEnd.test(text)
    ? (strangerIn(text) ?? 'it has a backslash and n in place of line ends')
    : undefined

const withoutMark = (text: string) => text.replace(/^\u00ef\u00bb\u00bf/, '').trim()

/**
 * Decodes what somebody sent or wrote into a file, and tells PEM, DER and base64 by the octets, whatever they were declared
 * to be. Text around PEM objects is skipped.
 * @param refuse makes the error to throw of a reason that never contains a part of what was sent.
 * @returns at least one object.
 */
export const decodeObjects = (
  octets: Uint8Array,
  refuse: Refuse,
): readonly [EncodedObject, ...EncodedObject[]] => {
  if (isDer(octets)) {
    if (isConverted(octets)) throw refuse('it is DER that was converted as text: send its octets, or PEM')
    return [{ label: undefined, der: octets }]
  }
  if (isUtf16(octets)) throw refuse(`it ${utf16Reason}`)
  const text = withoutMark(latin1(octets))
  const decoded = parsePem(text).map(({ label, der }) => {
    if (der) return { label, der }
    throw refuse(escaped(text) ?? 'a PEM object of it is broken or cut short')
  })
  const [first, ...more] = decoded
  if (first) return [first, ...more]
  const stranger = text === '' ? 'it is empty' : strangerIn(text)
  if (stranger !== undefined) throw refuse(stranger)
  const der = decodeBase64(text)
  if (!der) throw refuse(escaped(text) ?? 'it is neither DER nor PEM, and its base64 is broken')
  return [{ label: undefined, der }]
}
