import { Refusal } from '../../../../lib/errors/refusal.ts'
import { decodeText } from '../../../../lib/text/decodeText.ts'

/** A value of the registry: REG_SZ and REG_EXPAND_SZ, REG_DWORD and REG_QWORD, REG_MULTI_SZ, and what is none of these. */
export type RegistryValue =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'number'; readonly number: number }
  | { readonly kind: 'texts'; readonly texts: readonly string[] }
  | { readonly kind: 'other' }

/** A key of the registry, and its values by their names. */
export interface RegistryKey {
  /** From the hive on: `HKEY_LOCAL_MACHINE\SOFTWARE\...`. */
  readonly path: string
  readonly values: ReadonlyMap<string, RegistryValue>
}

const refuse = (why: string): Refusal =>
  new Refusal('usage-wrong', `Cannot read the registry export: ${why}.`)

/** Registry Editor writes UTF-16 with a byte order mark; UTF-8 is what other editors make of it. */
const textOf = (octets: Uint8Array): string =>
  octets[0] === 0xff && octets[1] === 0xfe
    ? new TextDecoder('utf-16le').decode(octets)
    : decodeText(
        octets,
        (why) => refuse(`it ${why}`),
        'is UTF-16 of another kind than Registry Editor writes',
      )

const utf16 = (octets: Uint8Array): string => new TextDecoder('utf-16le').decode(octets).replace(/\0+$/, '')

/** Little-endian, as long as there are octets. */
const numberOf = (octets: Uint8Array): number =>
  octets.reduceRight((number, octet) => number * 0x1_00 + octet, 0)

const ofType = (type: string, octets: Uint8Array): RegistryValue => {
  if (type === '1' || type === '2') return { kind: 'text', text: utf16(octets) }
  if (type === '7')
    return {
      kind: 'texts',
      texts: utf16(octets)
        .split('\0')
        .filter((text) => text !== ''),
    }
  return type === '4' || type === 'b' ? { kind: 'number', number: numberOf(octets) } : { kind: 'other' }
}

const unquoted = (quoted: string): string => quoted.replaceAll(/\\([\\"])/g, '$1')

const readValue = (written: string): RegistryValue | undefined => {
  const [, text] = /^"((?:[^"\\]|\\.)*)"$/.exec(written) ?? []
  if (text !== undefined) return { kind: 'text', text: unquoted(text) }
  const [, digits] = /^dword:([\da-f]{8})$/i.exec(written) ?? []
  if (digits !== undefined) return { kind: 'number', number: Number.parseInt(digits, 16) }
  const [, type = '3', octets] = /^hex(?:\(([\da-f]+)\))?:((?:[\da-f]{2},?)*)$/i.exec(written) ?? []
  if (octets === undefined) return undefined
  return ofType(type.toLowerCase(), Buffer.from(octets.replaceAll(',', ''), 'hex'))
}

/** Tells whether an odd number of quotes stands in a line that are no part of a text. */
const opensOrCloses = (line: string): boolean => line.replaceAll(/\\./g, '').split('"').length % 2 === 0

/** Digits of a value go on in the next line where one ends with a backslash; a text that has line ends, where its quotes are open. */
const wholeLines = (text: string): readonly string[] => {
  const whole: string[] = []
  let isOpen = false
  for (const line of text.replaceAll(/,\\\r?\n[ \t]*/g, ',').split(/\r?\n/)) {
    if (isOpen) whole.push(`${whole.pop() ?? ''}\n${line}`)
    else whole.push(line)
    if ((isOpen || /^[@"]/.test(line)) && opensOrCloses(line)) isOpen = !isOpen
  }
  return whole
}

/**
 * Reads what Registry Editor exports: `.reg` of version 5.
 * @throws {Refusal} `usage-wrong`, which repeats nothing of the file
 */
export const parseRegistryExport = (octets: Uint8Array): readonly RegistryKey[] => {
  const [first = '', ...lines] = wholeLines(textOf(octets).replace(/^\uFEFF/, ''))
  if (first.trim() !== 'Windows Registry Editor Version 5.00')
    throw refuse('it does not begin with "Windows Registry Editor Version 5.00"')
  const keys: { readonly path: string; readonly values: Map<string, RegistryValue> }[] = []
  for (const line of lines.map((one) => one.trim()).filter((one) => one !== '' && !one.startsWith(';'))) {
    const [, path] = /^\[([^-].*)\]$/.exec(line) ?? []
    const [, name, written = ''] = /^(@|"(?:[^"\\]|\\.)*")=(.*)$/s.exec(line) ?? []
    const value = readValue(written)
    const values = keys.at(-1)?.values
    if (path !== undefined) keys.push({ path, values: new Map() })
    else if (name !== undefined && value && values)
      values.set(name === '@' ? '' : unquoted(name.slice(1, -1)), value)
    else
      throw refuse(
        `a line of it is neither a key nor a value (${keys.at(-1)?.path ?? 'before the first key'})`,
      )
  }
  return keys
}
