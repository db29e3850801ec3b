import { checkDer } from '../../lib/x509/checkDer.ts'
import { DerError, DerReader } from '../../lib/x509/derReader.ts'
import { derTag } from '../../lib/x509/derTag.ts'
import { hex } from '../lib/x509/fixtures/octets.ts'
import { oidNames } from './oidNames.ts'

const universal: Readonly<Record<number, string>> = {
  [derTag.boolean]: 'BOOLEAN',
  [derTag.integer]: 'INTEGER',
  [derTag.bitString]: 'BIT STRING',
  [derTag.octetString]: 'OCTET STRING',
  [derTag.null]: 'NULL',
  [derTag.oid]: 'OBJECT IDENTIFIER',
  [derTag.utf8String]: 'UTF8String',
  [derTag.printableString]: 'PrintableString',
  [derTag.ia5String]: 'IA5String',
  [derTag.utcTime]: 'UTCTime',
  [derTag.generalizedTime]: 'GeneralizedTime',
  [derTag.sequence]: 'SEQUENCE',
  [derTag.set]: 'SET',
}

/** Types whose contents are shown as text when they are that. */
const texts: readonly number[] = [
  derTag.octetString,
  derTag.utf8String,
  derTag.printableString,
  derTag.ia5String,
  derTag.utcTime,
  derTag.generalizedTime,
]

/** One element as it is printed, and as `openssl asn1parse` lists it. */
export interface DerLine {
  readonly depth: number
  /** `SEQUENCE`, `[0]`, ... */
  readonly type: string
  /** Contents octets. */
  readonly length: number
  readonly text: string
  /** Whether it stands in an OCTET STRING, where asn1parse does not look. */
  readonly inside: boolean
}

const typeOf = (tag: number): string => universal[tag] ?? `[${tag & 0x1f}]`

const isDer = (octets: Uint8Array): boolean => {
  try {
    checkDer(octets, 8)
    return true
  } catch (error) {
    if (error instanceof DerError) return false
    throw error
  }
}

const valueOf = (tag: number, contents: Uint8Array): string => {
  const printable = texts.includes(tag) || (tag & 0xe0) === 0x80
  const text = Buffer.from(contents).toString('utf8')
  if (printable && /^[\x20-\x7e]+$/.test(text)) return ` ${JSON.stringify(text)}`
  if (tag === derTag.oid) {
    const dotted = new DerReader(Uint8Array.of(tag, contents.length, ...contents)).readOid()
    return ` ${dotted} ${oidNames[dotted] ?? ''}`.trimEnd()
  }
  return contents.length === 0 ? '' : ` ${hex(contents)}`
}

/** Every element of DER, outermost first; an OCTET STRING that holds DER is followed by what it holds. */
export const derLines = (der: Uint8Array, depth = 0, inside = false): readonly DerLine[] => {
  const reader = new DerReader(der)
  const lines: DerLine[] = []
  while (!reader.atEnd) {
    const { tag, contents } = reader.readAny()
    const holds = tag === derTag.octetString && isDer(contents)
    const nested = (tag & 0x20) !== 0 || holds
    const text = nested ? '' : valueOf(tag, contents)
    lines.push({ depth, type: typeOf(tag), length: contents.length, text, inside })
    if (nested) lines.push(...derLines(contents, depth + 1, inside || holds))
  }
  return lines
}

const width = 100

/** Cuts a long line; what follows is indented deeper, so that nothing is hidden and a diff stays small. */
const wrap = (line: string, indent: string): string => {
  const rest = line.slice(width).match(/.{1,88}/g) ?? []
  return [line.slice(0, width), ...rest.map((part) => `${indent}    ${part}`)].join('\n')
}

/** DER as text that a reviewer reads in a diff: every octet of it shows, whichever openssl there is. */
export const derText = (der: Uint8Array): string =>
  derLines(der)
    .map(({ depth, type, text }) => {
      const indent = '  '.repeat(depth)
      return `${wrap(`${indent}${type}${text}`, indent)}\n`
    })
    .join('')
