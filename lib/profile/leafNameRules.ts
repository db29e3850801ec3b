import { extensionValue } from '../x509/certificate.ts'
import { decodeName } from '../x509/encodeName.ts'
import type { TbsCertificate } from '../x509/tbsCertificate.ts'
import { holdsFor, holdsIfPresent, sameList } from './commonRules.ts'
import type { LeafIdentity } from './leafProfile.ts'
import type { LintRule } from './lint.ts'
import { stated } from './stated.ts'
import { latin1 } from '../text/decodeText.ts'
import { type DerElement, DerReader } from '../x509/derReader.ts'

export interface NameExpectation {
  readonly identity: LeafIdentity
}

const { oid, limit } = stated
const upnKind = `otherName ${oid.userPrincipalName} UTF8String`
const sidKind = `otherName ${oid.objectSid} OCTET STRING`
const deviceKind = 'uniformResourceIdentifier'

/** Printable ASCII without capitals, and one `@` with something on either side. */
const upnForm = /^[!-?[-~]+@[!-?[-~]+$/
const uuidForm = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
/** A domain account: a relative identifier of four to ten digits is never one below 1000. */
const sidForm = /^S-1-5-21(-(0|[1-9]\d{0,9})){3}-[1-9]\d{3,9}$/

/** Sub-authorities have 32 bits (MS-DTYP section 2.4.2): longer numbers would stand for others. */
const isAccountSid = (sid: string): boolean =>
  sidForm.test(sid) &&
  sid
    .split('-')
    .slice(4)
    .every((part) => Number(part) <= limit.subAuthority)

const namesWanted = ({ upn, rfc822Name, deviceId }: LeafIdentity): readonly string[] => {
  const names = [nameText(upnKind, upn)]
  if (rfc822Name !== undefined) names.push(nameText('rfc822Name', rfc822Name))
  if (deviceId !== undefined) names.push(nameText(deviceKind, `urn:uuid:${deviceId}`))
  return names
}

/** The names of one kind in an extension, without the kind. */
const ofKind = (value: Uint8Array, kind: string): readonly string[] =>
  readGeneralNames(value)
    .filter((name) => name.startsWith(`${kind} `))
    .map((name) => name.slice(kind.length + 1))

const commonNames = ({ subject }: TbsCertificate): readonly string[] =>
  decodeName(subject).map(({ utf8 = '' }) => utf8)

/** The rules about who a leaf is for. */
export const leafNameRules: readonly LintRule<NameExpectation>[] = [
  {
    name: 'subject-is-common-name-of-identity',
    citation: 'RFC 5280 section 4.1.2.6; profile section 3.2',
    holds: ({ subject }, { identity }) => {
      const [only, ...more] = decodeName(subject)
      return more.length === 0 && only?.type === oid.commonName && only.utf8 === identity.commonName
    },
  },
  {
    name: 'common-name-length',
    citation: 'RFC 5280 appendix A.1; profile section 3.2',
    holds: (tbs) => commonNames(tbs).every((name) => name.length > 0 && name.length <= limit.nameCharacters),
  },
  {
    name: 'common-name-is-upn-or-object-id',
    citation: 'profile section 3.2',
    holds: (_tbs, { identity: { commonName, upn } }) => commonName === upn || uuidForm.test(commonName),
  },
  {
    name: 'subject-alt-name-of-identity',
    citation: 'RFC 5280 section 4.2.1.6; profile section 3.3',
    holds: (tbs, { identity }) =>
      holdsFor(tbs, oid.subjectAltName, (value) => sameList(readGeneralNames(value), namesWanted(identity))),
  },
  {
    name: 'user-principal-name-form',
    citation: 'profile section 3.3',
    holds: (tbs) =>
      holdsIfPresent(tbs, oid.subjectAltName, (value) =>
        ofKind(value, upnKind).every((upn) => upnForm.test(upn)),
      ),
  },
  {
    name: 'device-id-form',
    citation: 'RFC 9562 section 4; profile section 3.3',
    holds: (tbs) =>
      holdsIfPresent(tbs, oid.subjectAltName, (value) =>
        ofKind(value, deviceKind).every(
          (uri) => uri.startsWith('urn:uuid:') && uuidForm.test(uri.slice('urn:uuid:'.length)),
        ),
      ),
  },
  {
    name: 'sid-of-identity',
    citation: 'MS-WCCE section 2.2.2.7.7.4; profile section 3.8',
    holds: (tbs, { identity: { sid } }) => {
      const value = extensionValue(tbs, oid.securityIdentifier)
      if (value === undefined) return sid === undefined
      return sid !== undefined && sameList(readGeneralNames(value), [nameText(sidKind, sid)])
    },
  },
  {
    name: 'sid-form',
    citation: 'profile section 3.8',
    holds: (tbs) =>
      holdsIfPresent(tbs, oid.securityIdentifier, (value) => ofKind(value, sidKind).every(isAccountSid)),
  },
]

const sequence = 0x30
const otherName = 0xa0
const rfc822Name = 0x81
const uniformResourceIdentifier = 0x86

const valueTags: Readonly<Record<number, string>> = { 0x04: 'OCTET STRING', 0x0c: 'UTF8String' }

const describeOther = (other: DerElement): string => {
  const members = other.enter()
  const type = members.readOid()
  const explicit = members.enter(0xa0)
  members.end()
  const value = explicit.readAny()
  explicit.end()
  return `otherName ${type} ${valueTags[value.tag] ?? value.tag} ${latin1(value.contents)}`
}

const describe = (name: DerElement): string => {
  const { tag, contents } = name
  if (tag === otherName) return describeOther(name)
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
    names.push(describe(members.readAny()))
  }
  return names
}

/** The name that an expected text is, in the words of readGeneralNames(). */
export const nameText = (kind: string, text: string): string => `${kind} ${latin1(Buffer.from(text, 'utf8'))}`
