import { DerReader } from '../x509/derReader.ts'

const sequence = 0x30
const otherName = 0xa0
const rfc822Name = 0x81
const uniformResourceIdentifier = 0x86

const valueTags: Readonly<Record<number, string>> = { 0x04: 'OCTET STRING', 0x0c: 'UTF8String' }

/** Each octet as the character of its number, so that different octets are different texts. */
const latin1 = (octets: Uint8Array): string => Buffer.from(octets).toString('latin1')

const describeOther = (contents: Uint8Array): string => {
  const members = new DerReader(contents)
  const type = members.readOid()
  const explicit = members.enter(0xa0)
  members.end()
  const value = explicit.readAny()
  explicit.end()
  return `otherName ${type} ${valueTags[value.tag] ?? value.tag} ${latin1(value.contents)}`
}

const describe = (tag: number, contents: Uint8Array): string => {
  if (tag === otherName) return describeOther(contents)
  if (tag === rfc822Name) return `rfc822Name ${latin1(contents)}`
  if (tag === uniformResourceIdentifier) return `uniformResourceIdentifier ${latin1(contents)}`
  return `[${tag}] ${Buffer.from(contents).toString('hex')}`
}

/**
 * Reads GeneralNames (RFC 5280 section 4.2.1.6) octet by octet, apart from the codec that writes them: one text for
 * each name, such as `rfc822Name alice@contoso.example`, and a different one for different octets.
 * @throws {DerError}
 */
export const readGeneralNames = (value: Uint8Array): readonly string[] => {
  const whole = new DerReader(value)
  const members = whole.enter(sequence)
  whole.end()
  const names: string[] = []
  while (!members.atEnd) {
    const { tag, contents } = members.readAny()
    names.push(describe(tag, contents))
  }
  return names
}

/** The name that an expected text is, in the words of readGeneralNames(). */
export const nameText = (kind: string, text: string): string => `${kind} ${latin1(Buffer.from(text, 'utf8'))}`
