import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

/** What an expression is made of: an atom with how often it may occur, of which the octets are known. */
interface Part {
  /** Regular expression of one occurrence. */
  readonly atom: string
  readonly isGroup: boolean
  readonly least: number
  readonly isBounded: boolean
}

const atomForm = /^(?:\\p\{[^}]*\}|\\u[0-9a-f]{4}|\\x[0-9a-f]{2}|\\.|\[(?:\\.|[^\]\\])*\]|[^\\[(])/iu
const quantifierForm = /^(?:[*+?]|\{(\d+)(,?)(\d*)\})\??/

/** The index after the group that starts here. */
const endOfGroup = (source: string, start: number): number => {
  let depth = 0
  for (let at = start; at < source.length; at++) {
    const [skipped = ''] = /^(?:\\.|\[(?:\\.|[^\]\\])*\])/.exec(source.slice(at)) ?? []
    if (skipped !== '') at += skipped.length - 1
    else if (source[at] === '(') depth += 1
    else if (source[at] === ')' && --depth === 0) return at + 1
  }
  throw new Error(`A group of ${source} has no end.`)
}

const quantified = (text: string): { readonly least: number; readonly isBounded: boolean } => {
  const [, least = '', comma = '', most = ''] = quantifierForm.exec(text) ?? []
  if (text.startsWith('*')) return { least: 0, isBounded: false }
  if (text.startsWith('+')) return { least: 1, isBounded: false }
  if (text.startsWith('?')) return { least: 0, isBounded: true }
  return { least: least === '' ? 1 : Number(least), isBounded: comma === '' || most !== '' }
}

/** Takes one alternative apart; assertions take no octets and are left out. */
const partsOf = (source: string): readonly Part[] => {
  const parts: Part[] = []
  for (let at = 0; at < source.length;) {
    const isGroup = source[at] === '('
    const atom = isGroup
      ? source.slice(at, endOfGroup(source, at))
      : (atomForm.exec(source.slice(at))?.[0] ?? '')
    if (atom === '') throw new Error(`Cannot read ${source.slice(at)}.`)
    const rest = source.slice(at + atom.length)
    const [quantifier = ''] = quantifierForm.exec(rest) ?? []
    at += atom.length + quantifier.length
    if (!/^(?:\^|\$|\\[bB]|\(\?<?[=!])/.test(atom)) parts.push({ atom, isGroup, ...quantified(quantifier) })
  }
  return parts
}

const alternativesOf = (source: string): readonly string[] => {
  const alternatives = ['']
  for (let at = 0; at < source.length;) {
    const [skipped = source[at] ?? ''] = /^(?:\\.|\[(?:\\.|[^\]\\])*\])/.exec(source.slice(at)) ?? []
    const piece = skipped === '(' ? source.slice(at, endOfGroup(source, at)) : skipped
    if (piece === '|') alternatives.push('')
    else alternatives.push(`${alternatives.pop() ?? ''}${piece}`)
    at += piece.length
  }
  return alternatives
}

const inner = ({ atom }: Part) => atom.replace(/^\((?:\?:|\?<\w+>)?/, '').slice(0, -1)
const characters = [...Array(256).keys(), 0x212a, 0x2028, 0xfeff].map((code) => String.fromCodePoint(code))

/** The characters that what these parts match may begin with. */
const firstOf = (parts: readonly Part[], flags: string): ReadonlySet<string> => {
  const [part, ...rest] = parts
  if (!part) return new Set()
  const own = part.isGroup
    ? alternativesOf(inner(part)).flatMap((one) => [...firstOf(partsOf(one), flags)])
    : characters.filter((character) => new RegExp(`^${part.atom}$`, flags.replace('g', '')).test(character))
  return new Set(part.least === 0 ? [...own, ...firstOf(rest, flags)] : own)
}

const overlaps = (a: ReadonlySet<string>, b: ReadonlySet<string>) => [...a].some((one) => b.has(one))

/** Whether one occurrence of a group ends in one way only: its alternatives begin differently, none repeats. */
const isPlain = (part: Part, flags: string): boolean => {
  const firsts = alternativesOf(inner(part)).map((one) => firstOf(partsOf(one), flags))
  return (
    alternativesOf(inner(part)).every((one) =>
      partsOf(one).every(({ isBounded, least }) => isBounded && least === 1),
    ) && firsts.every((first, index) => firsts.slice(index + 1).every((other) => !overlaps(first, other)))
  )
}

/**
 * Why an expression could take more than linear time; empty when it cannot: each unbounded repetition is of a single
 * character (or a plain group) and what follows begins with another, so there is one place only where it can end,
 * and the expression is tried at one place, or has no repetition before its last part.
 */
const doubtsAbout = (source: string, flags: string): readonly string[] => {
  const doubts: string[] = []
  const visit = (alternative: string, following: readonly Part[]): void => {
    const parts = partsOf(alternative)
    parts.forEach((part, index) => {
      const rest = [...parts.slice(index + 1), ...following]
      if (part.isGroup)
        for (const one of alternativesOf(inner(part))) visit(one, part.isBounded ? rest : [part, ...rest])
      if (part.isBounded) return
      if (part.isGroup && !isPlain(part, flags)) doubts.push(`${part.atom} repeats in more than one way`)
      if (overlaps(firstOf([{ ...part, least: 1 }], flags), firstOf(rest, flags)))
        doubts.push(`what follows ${part.atom} may begin like it`)
    })
    const repeats = parts.slice(0, -1).some(({ isBounded }) => !isBounded)
    if (following.length === 0 && repeats && !/^\^|^\(\?:?\^/.test(source)) doubts.push('it is not anchored')
  }
  for (const alternative of alternativesOf(source)) visit(alternative, [])
  return doubts
}

const root = fileURLToPath(new URL('../../lib', import.meta.url))
const literal = /(?<=[=(,:?[{]\s*|return\s+)\/(?![/*])((?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+)\/([a-z]*)/g

/** Every regular expression literal in the folders that a request passes through. */
const expressions = ['x509', 'http', 'text', 'token', 'telemetry', 'json', 'issuance', 'enroll'].flatMap(
  (folder) =>
    readdirSync(join(root, folder))
      .filter((name) => name.endsWith('.ts'))
      .flatMap((name) => {
        const text = readFileSync(join(root, folder, name), 'utf8').replaceAll(/^\s*(?:\/\/|\/?\*).*$/gm, '')
        return [...text.matchAll(literal)].map(([, source = '', flags = '']) => ({
          file: `${folder}/${name}`,
          source,
          flags,
        }))
      }),
)

describe('A regular expression that a request reaches', () => {
  it('is found in the sources', () => {
    expect(expressions.length).toBeGreaterThan(15)
    expect(new Set(expressions.map(({ file }) => file))).toContain('token/parseUpn.ts')
  })

  it.each(expressions)('takes linear time: $source in $file', ({ source, flags }) => {
    expect(doubtsAbout(source, flags)).toEqual([])
  })
})

describe('The check of regular expressions', () => {
  it.each([
    ['^(a+)+$', ''],
    ['^(a|a)*$', ''],
    ['^\\s*\\s*x$', ''],
    ['^[a-z]+[a-z0-9]+$', ''],
    ['^(?:[^"]|\\\\.)*"$', ''],
    ['\\s+$x', ''],
    ['a*b', 'g'],
    ['^(?:x+y?)+$', ''],
    ['^k*\\u212a$', 'iu'],
  ])('doubts %s', (source, flags) => {
    expect(doubtsAbout(source, flags)).not.toEqual([])
  })

  it.each([
    ['^\\s*-----BEGIN ([A-Z0-9 ]{1,40})-----\\r?\\n([A-Za-z0-9+/=\\r\\n]+)-----END$', ''],
    ['^(?:[^"\\\\]|\\\\.)*"$', ''],
    ['\\s+', 'g'],
    ['^[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+$', ''],
  ])('has none about %s', (source, flags) => {
    expect(doubtsAbout(source, flags)).toEqual([])
  })
})
