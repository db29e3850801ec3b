import { type Directive, sectionsOf, valueOf, valuesOf } from './directive.ts'
import { assigned, isDemanded, purpose, refusesFirst } from './isDemanded.ts'
import type { Expected, Rule } from './rule.ts'
import { unseen } from './unseen.ts'

const tls = /(^|\/)tls-config [^/]+$/

/** What FreeRADIUS takes for no. */
const isNo = (value: string | undefined): boolean => /^(no|off)$/i.test(value ?? '')

/** Whether each section of a form has a value, and it is the one that is wanted. */
const everyHas = (
  installed: readonly Directive[],
  section: RegExp,
  wanted: (found: readonly Directive[]) => boolean,
): boolean => {
  const sections = sectionsOf(installed, section)
  return sections.length > 0 && sections.every(wanted)
}

const isEap = /^eap( |$)/

/** Names of modules that do EAP. */
const eapModules = (installed: readonly Directive[]): readonly string[] =>
  installed.flatMap(({ section: [header = ''] }) =>
    isEap.test(header) ? (header.split(' ').at(-1) ?? []) : [],
  )
const misses =
  (form: (expected: Expected) => RegExp) => (installed: readonly Directive[], expected: Expected) =>
    !isDemanded(installed, form(expected))

/** The methods of each module that does EAP, and what else stands in it. */
const eapSections = (installed: readonly Directive[]): readonly string[] =>
  installed.flatMap(({ section }) => {
    const at = section.findIndex((header) => isEap.test(header))
    return at === -1 ? [] : section.slice(at + 1, at + 2)
  })

/** What FreeRADIUS is held to: the module and the site together. */
export const freeRadiusRules: readonly Rule[] = [
  {
    finding: '`ca_file` is not issuers.pem of the bundle',
    why: 'with roots in it a tainted issuer stays trusted, for its certificate is still what a root signed.',
    remedy: 'Let `ca_file` name issuers.pem in the folder that the agent keeps.',
    isBroken: (installed, { settings }) =>
      !everyHas(installed, tls, (one) => valueOf(one, 'ca_file', tls) === `${settings.trust}/issuers.pem`),
  },
  {
    finding: '`ca_path` is used',
    why: 'FreeRADIUS keeps what it once read of it: a retired CA stays trusted.',
    remedy: 'Take `ca_path` out; `ca_file` is enough.',
    isBroken: (installed) => valueOf(installed, 'ca_path', tls) !== undefined,
  },
  {
    finding: '`auto_chain` is not no',
    why: "the server's own issuer is looked for among those of clients.",
    remedy: 'Write `auto_chain = no`.',
    isBroken: (installed) => !everyHas(installed, tls, (one) => isNo(valueOf(one, 'auto_chain', tls))),
  },
  {
    finding: '`check_crl` is yes',
    why: 'certificates of clients name no CRL: all of them are refused.',
    remedy: 'Write `check_crl = no`.',
    isBroken: (installed) => !valuesOf(installed, 'check_crl', tls).every(isNo),
  },
  {
    finding: '`check_cert_issuer` is set',
    why: 'it pins one name: everybody is refused from the next issuer on.',
    remedy: 'Take it out; `ca_file` pins all issuers of the bundle.',
    isBroken: (installed) => valueOf(installed, 'check_cert_issuer', tls) !== undefined,
  },
  {
    finding: 'sessions are resumed: `enable` in `cache` is not no',
    why: 'a resumed session has no key purposes: it is refused by the checks, or let in unchecked.',
    remedy: 'Write `enable = no` in the section `cache` of the tls-config.',
    isBroken: (installed) => !valuesOf(installed, 'enable', /tls-config \S+\/cache$/).every(isNo),
  },
  {
    finding: 'OCSP is asked: `enable` in `ocsp` is not no',
    why: 'certificates of clients name no responder.',
    remedy: 'Write `enable = no` in the section `ocsp` of the tls-config.',
    isBroken: (installed) => !valuesOf(installed, 'enable', /tls-config \S+\/ocsp$/).every(isNo),
  },
  {
    finding:
      'nobody looks at the certificate: `virtual_server` is missing in `tls`, or there is no such server',
    why: 'the marker, the user and the end of the session are not checked.',
    remedy:
      'Write `virtual_server = mayfly-check` in the section `tls`, and take the site that server-config prints.',
    isBroken: (installed) =>
      !everyHas(installed, /(^|\/)tls$/, (one) => {
        const named = valueOf(one, 'virtual_server')
        return named !== undefined && installed.some(({ section }) => section[0] === `server ${named}`)
      }),
  },
  {
    finding: 'the marker is not demanded, or by a negated comparison',
    why: 'a comparison with an attribute that is missing is false, even negated: certificates without key purposes are let in.',
    remedy: 'Take the `if` with the marker that server-config prints: noop where it is there, else reject.',
    isBroken: (installed, { settings: { markerOids } }) =>
      !markerOids.every((marker) => isDemanded(installed, purpose(marker), markerOids.map(purpose))),
  },
  {
    finding: 'clientAuth is not demanded, or by a negated comparison',
    why: 'certificates that are not for clients are let in.',
    remedy: 'Take the `if` with 1.3.6.1.5.5.7.3.2 that server-config prints.',
    isBroken: misses(() => purpose('1.3.6.1.5.5.7.3.2')),
  },
  {
    finding: 'the user name is not held to the UPN of the certificate',
    why: 'a user may go by the name of another, in the log and wherever names decide.',
    remedy: 'Take the `if` with TLS-Client-Cert-Subject-Alt-Name-Upn that server-config prints.',
    isBroken: misses(() => /TLS-Client-Cert-Subject-Alt-Name-Upn == &User-Name/),
  },
  {
    finding: 'nobody is refused by default: Auth-Type is not Reject first, or Accept elsewhere',
    why: 'what no rule decides is let in.',
    remedy:
      'Begin `authorize` of the checking server with `update config { &Auth-Type := Reject }`, and have it alone say Accept, after its demands.',
    isBroken: (installed) => !refusesFirst(installed),
  },
  {
    finding: 'no session ends with its certificate: Session-Timeout is not set from its end',
    why: 'the VPN server is not told when to end it.',
    remedy: 'Take the `update reply` that server-config prints.',
    isBroken: (installed) => {
      const values = assigned(installed, 'Session-Timeout')
      return (
        values.length === 0 ||
        !values.every((value) => /^%\{expr:\s*%\{Tmp-Integer-0\}\s*-\s*%l\s*\}$/.test(value))
      )
    },
  },
  {
    finding: 'no session ends with its certificate: `cert_date` is given a value, or something else',
    why: 'it takes the name of an attribute: of a value it makes 0, and a Session-Timeout of decades.',
    remedy: 'Write `"%{cert_date:TLS-Client-Cert-Expiration}"`, as server-config prints.',
    isBroken: (installed) => {
      const values = assigned(installed, 'Tmp-Integer-0')
      return (
        values.length === 0 || values.some((value) => value !== '%{cert_date:TLS-Client-Cert-Expiration}')
      )
    },
  },
  {
    finding: 'the end of the certificate is read in local time: `utc` is not yes in the date module',
    why: 'Session-Timeout is off by the time zone.',
    remedy: 'Take the module `date cert_date` that server-config prints.',
    isBroken: (installed) => !/^(yes|on)$/i.test(valueOf(installed, 'utc', /(^|\/)date cert_date$/) ?? ''),
  },
  {
    finding: 'other methods than EAP-TLS are offered',
    why: 'who has no certificate may be let in by a password.',
    remedy:
      'Take `ttls`, `peap`, `md5`, `pwd` and the like out of the eap module, and out of `authenticate` what is none.',
    isBroken: (installed) => {
      const [known, inAuthenticate] = [eapModules(installed), /(^|\/)server \S+\/authenticate(\/|$)/]
      return (
        eapSections(installed).some((header) => !/^(tls|tls-config .*)$/.test(header)) ||
        installed.some(
          ({ section, name }) =>
            inAuthenticate.test(section.join('/')) && name !== '' && !known.includes(name),
        )
      )
    },
  },
  {
    ...unseen('$INCLUDE'),
    isBroken: (installed) => valuesOf(installed, /^\$INCLUDE-?$/i).length > 0,
  },
  {
    finding: 'TLS before 1.2 is permitted',
    why: 'its handshake can be attacked.',
    remedy: 'Write `tls_min_version = "1.2"`.',
    isBroken: (installed) => valuesOf(installed, 'tls_min_version', tls).some((value) => Number(value) < 1.2),
  },
]
