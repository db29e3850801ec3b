import { Refusal } from '../../lib/errors/refusal.ts'
import { decodeText } from '../../lib/text/decodeText.ts'

/** Tells people what they put where a token belongs. None of it is a token (RFC 6750 section 2.1). */
const mistakes: readonly (readonly [form: RegExp, why: string])[] = [
  [/^$/, 'is empty'],
  [
    /^[{[]/,
    'holds JSON: keep its access token alone, such as with az account get-access-token --query accessToken -o tsv',
  ],
  [/^["']/, 'holds a token in quotes: leave them out, such as with -o tsv instead of -o json'],
  [/^(?:authorization:\s*)?bearer\s/i, 'begins with "Bearer": leave that word out'],
  [/^-----BEGIN /, 'holds PEM, not a token'],
  [/\s/, 'holds several words or lines: a token is one word'],
]

/**
 * Reads a token from what a file holds or a command printed; white space around it is dropped.
 * @param source as a sentence begins with it.
 * @throws {Refusal} `usage-wrong` which never contains a part of the text.
 */
export const parseTokenText = (octets: Uint8Array, source: string): string => {
  const refuse = (why: string) => new Refusal('usage-wrong', `Cannot get a token: ${source} ${why}.`)
  const token = decodeText(octets, refuse).trim()
  const mistake = mistakes.find(([form]) => form.test(token))
  if (mistake) throw refuse(mistake[1])
  return token
}
