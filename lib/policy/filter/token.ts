import { Refusal } from '../../errors/refusal.ts'

/** Makes the refusal of a rule, of a reason that says where. */
export const ruleRefusal = (why: string): Refusal => new Refusal('configuration-invalid', why)

/** Holds a word (property, operator, True, False, null), a text without its quotes, a bracket or comma, or the end. */
export interface Token {
  readonly kind: 'word' | 'text' | 'mark' | 'end'
  readonly text: string
  /** The position of its first character, from 1. */
  readonly at: number
}

/**
 * Finds one token: no two alternatives begin alike, so that no text is read twice. Inside quotes the quote itself is doubled, or
 * escaped by a backtick, as Entra's rules do; a backslash before a quote could mean either, and is refused.
 */
const form =
  /"(?<double>(?:[^"`\\]|""|`["'`]|\\(?!"))*)"(?!")|'(?<single>(?:[^'`\\]|''|`["'`]|\\(?!'))*)'(?!')|(?<word>-?[a-z][\w.]*)|(?<mark>[()[\],])/iy

const unescape = (text: string, quote: string): string =>
  text.replaceAll(/""|''|`(.)/g, (found, escaped: string | undefined) => {
    if (escaped !== undefined) return escaped
    return found.startsWith(quote) ? quote : found
  })

const tokenOf = ({ groups = {} }: RegExpExecArray, at: number): Token => {
  if (groups['double'] !== undefined) return { kind: 'text', text: unescape(groups['double'], '"'), at }
  if (groups['single'] !== undefined) return { kind: 'text', text: unescape(groups['single'], "'"), at }
  if (groups['word'] !== undefined) return { kind: 'word', text: groups['word'], at }
  return { kind: 'mark', text: groups['mark'] ?? '', at }
}

const mistakeAt = (text: string, index: number): string =>
  /["']/.test(text.charAt(index))
    ? `character ${index + 1}: a quote that nothing closes, or with an escape that can be read in two ways`
    : `character ${index + 1}: ${JSON.stringify(text.charAt(index))} cannot stand here`

/**
 * Reads the tokens of a rule, each once and in order; the last is the end.
 * @throws {Refusal} `configuration-invalid` where no token begins.
 */
export function* tokensOf(text: string): Generator<Token, void, undefined> {
  let index = 0
  for (;;) {
    while (/\s/.test(text.charAt(index))) index += 1
    if (index >= text.length) break
    form.lastIndex = index
    const found = form.exec(text)
    if (found === null) throw ruleRefusal(mistakeAt(text, index))
    yield tokenOf(found, index + 1)
    index += found[0].length
  }
  yield { kind: 'end', text: 'the end', at: text.length + 1 }
}
