import { BicepSyntaxError, type Token } from './lex.ts'

const end: Token = { kind: 'end', text: '', line: 0 }

/** Reads tokens one after the other. */
export class Tokens {
  private at = 0
  private readonly all: readonly Token[]

  constructor(all: readonly Token[]) {
    this.all = all
  }

  get line(): number {
    return (this.all[this.at] ?? this.all.at(-1) ?? end).line
  }

  peek(ahead = 0): Token {
    return this.all[this.at + ahead] ?? end
  }

  next(): Token {
    const token = this.peek()
    this.at++
    return token
  }

  /** Whether this mark or word is next. */
  sees(text: string, ahead = 0): boolean {
    const token = this.peek(ahead)
    return token.kind !== 'text' && token.kind !== 'end' && token.text === text
  }

  /** Takes this mark or word if it is next. */
  takes(text: string): boolean {
    const seen = this.sees(text)
    if (seen) this.at++
    return seen
  }

  expect(text: string): void {
    if (!this.takes(text)) throw new BicepSyntaxError(this.line, `Expected ${JSON.stringify(text)}.`)
  }

  word(): string {
    const token = this.next()
    if (token.kind === 'word') return token.text
    throw new BicepSyntaxError(token.line, 'Expected a name.')
  }

  skipNewlines(): void {
    while (this.peek().kind === 'newline') this.at++
  }

  /** Looks whether a mark comes before another on the way, parentheses skipped: `(a, b) =>`. */
  isLambda(): boolean {
    if (this.peek().kind === 'word') return this.sees('=>', 1)
    if (!this.sees('(')) return false
    let ahead = 1
    while (this.peek(ahead).kind === 'word' || this.sees(',', ahead)) ahead++
    return this.sees(')', ahead) && this.sees('=>', ahead + 1)
  }
}
