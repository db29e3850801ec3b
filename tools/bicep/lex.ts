/** A word, a mark or a text of a Bicep file. */
export type Token =
  | {
      readonly kind: 'word' | 'number' | 'mark' | 'newline' | 'end'
      readonly text: string
      readonly line: number
    }
  | { readonly kind: 'text'; readonly parts: readonly (string | readonly Token[])[]; readonly line: number }

/** Tokens, and the codes that `#disable-next-line` switches off, by line. */
export interface Lexed {
  readonly tokens: readonly Token[]
  readonly disabled: ReadonlyMap<number, readonly string[]>
}

/** What cannot be read as Bicep, and where. */
export class BicepSyntaxError extends Error {
  readonly line: number
  constructor(line: number, message: string) {
    super(message)
    this.line = line
  }
}

const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', "'": "'", '\\': '\\', $: '$' }
const marks = /^(?:\?\?|\.\?|\[\?|=>|==|!=|=~|!~|<=|>=|&&|\|\||\.\.\.|[-+*/%<>!?:.,=|@()[\]{}])/
const skipped = /^(?:[ \t\r]+|\/\/[^\n]*|\/\*[^]*?\*\/)/

class Reader {
  private at = 0
  private line = 1
  private readonly source: string
  readonly disabled = new Map<number, readonly string[]>()

  constructor(source: string) {
    this.source = source
  }

  private take(text: string): string {
    this.at += text.length
    this.line += text.split('\n').length - 1
    return text
  }

  private match(form: RegExp): string | undefined {
    const [text] = form.exec(this.source.slice(this.at)) ?? []
    return text === undefined ? undefined : this.take(text)
  }

  /** Reads up to the end, or up to the `}` that closes an interpolation. */
  read(closing?: '}'): readonly Token[] {
    const tokens: Token[] = []
    for (let depth = 0; ;) {
      const token = this.next()
      if (token === undefined) continue
      if (token.kind === 'mark' && token.text === '{') depth++
      if (token.kind === 'mark' && token.text === '}' && depth-- === 0 && closing)
        return [...tokens, { ...token, kind: 'end', text: '' }]
      tokens.push(token)
      if (token.kind !== 'end') continue
      if (closing) throw new BicepSyntaxError(this.line, 'An interpolation is not closed.')
      return tokens
    }
  }

  private next(): Token | undefined {
    const { line } = this
    if (this.at >= this.source.length) return { kind: 'end', text: '', line }
    if (this.match(skipped) !== undefined) return undefined
    if (this.match(/^\n/) !== undefined) return { kind: 'newline', text: '\n', line }
    const directive = this.match(/^#disable-next-line [^\n]*/)
    if (directive !== undefined) {
      this.disabled.set(line + 1, directive.split(' ').slice(1))
      return undefined
    }
    if (this.source.startsWith("'''", this.at)) return this.readBlock()
    if (this.source.startsWith("'", this.at)) return this.readText()
    return this.readPlain()
  }

  private readPlain(): Token {
    const { line } = this
    for (const [kind, form] of [
      ['word', /^[A-Za-z_]\w*/],
      ['number', /^\d+/],
      ['mark', marks],
    ] as const) {
      const text = this.match(form)
      if (text !== undefined) return { kind, text, line }
    }
    throw new BicepSyntaxError(
      line,
      `There is no Bicep at ${JSON.stringify(this.source.slice(this.at, this.at + 10))}.`,
    )
  }

  /** Three quotes: taken as it is, but for a line end right after them. */
  private readBlock(): Token {
    const { line } = this
    const text = this.match(/^'''[^]*?'''(?!')/)
    if (text === undefined) throw new BicepSyntaxError(line, 'A text is not closed.')
    return { kind: 'text', parts: [text.slice(3, -3).replace(/^\r?\n/, '')], line }
  }

  private readText(): Token {
    const { line } = this
    const parts: (string | readonly Token[])[] = []
    this.take("'")
    for (;;) {
      if (this.match(/^'/) !== undefined) return { kind: 'text', parts, line }
      if (this.match(/^\$\{/) !== undefined) parts.push(this.read('}'))
      else parts.push(this.readPiece(line))
    }
  }

  private readPiece(line: number): string {
    const escaped = this.match(/^\\(?:u\{[0-9a-fA-F]+\}|.)/)
    if (escaped?.startsWith('\\u')) return String.fromCodePoint(parseInt(escaped.slice(3, -1), 16))
    const piece = escaped === undefined ? this.match(/^(?:[^'\\$\n]|\$(?!\{))+/) : escapes[escaped.slice(1)]
    if (piece === undefined)
      throw new BicepSyntaxError(line, 'A text is not closed, or has an unknown escape.')
    return piece
  }
}

/** Splits a Bicep file into tokens. @throws {BicepSyntaxError} */
export const lex = (source: string): Lexed => {
  const reader = new Reader(source)
  return { tokens: reader.read(), disabled: reader.disabled }
}
