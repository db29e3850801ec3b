import { mostSeconds } from '../mostSeconds.ts'
import { type Directive, secondsIn, sectionsOf, valueOf, valuesOf } from './directive.ts'
import { unresolved } from './parseStrongSwan.ts'
import type { Expected, Rule } from './rule.ts'
import { isNamed, unseen } from './unseen.ts'

const connection = /^connections\/[^/]+$/
const remote = /^connections\/[^/]+\/remote[^/]*$/i

/** What nobody should encrypt, hash or agree on keys by any more. */
const weak = /(^|[-,\s])(3?des|null|(prf)?md5\w*|modp(768|1024|1536)\w*)($|[-,\s])/i

/** A section in `remote` that names what clients may show. */
const shown = /^connections\/[^/]+\/remote[^/]*\/(cacert|cert|pubkey)[^/]*$/i

/** The file that the hook writes from the bundle. */
export const included = '/etc/swanctl/mayfly-cacerts.conf'

/** The file that the steps of the recipe for RADIUS make. */
const secret = '/etc/strongswan.d/mayfly-radius.secret'

/** The CAs that clients are restricted to, one by one, by each section `remote` where the hook does not keep them. */
const listed = (installed: readonly Directive[]): readonly (readonly string[])[] =>
  sectionsOf(installed, remote).flatMap((section) => {
    const isKept = valuesOf(section, 'include').includes(included)
    const named = valuesOf(section, 'cacerts').flatMap((value) => value.split(/\s*,\s*/).filter(Boolean))
    return named.length === 0 && isKept ? [] : [named.map((name) => name.replace(/^.*\//, ''))]
  })

/** Whether a connection lacks a time, or has a long one: each connection has its own. */
const anyLonger = (installed: readonly Directive[], name: string, seconds: number): boolean => {
  const connections = sectionsOf(installed, connection)
  return (
    connections.length === 0 || connections.some((one) => isLonger(valueOf(one, name, connection), seconds))
  )
}

const isAuthority = (name: string): boolean => /^(root|cross)~/.test(name)

const isLonger = (text: string | undefined, seconds: number): boolean => {
  const found = secondsIn(text) ?? 0
  return found === 0 || found > seconds
}

/** Every word of `auth` in each section `remote`: without that section, or without a word, charon takes whatever a client does. */
const waysOf = (connected: readonly Directive[]): readonly string[] => {
  const ways = sectionsOf(connected, remote).map((one) => valuesOf(one, 'auth', remote))
  return ways.length === 0 ? ['any'] : ways.flatMap((told) => (told.length === 0 ? ['any'] : told))
}

const authRule = (auth: string): Rule => ({
  finding: `no connection takes clients by \`auth = ${auth}\`, or another way is open beside it`,
  why: 'clients with certificates are refused, or others are let in without.',
  remedy: `Let every connection have a section \`remote\`, and each of these \`auth = ${auth}\`.`,
  isBroken: (installed) => {
    const ways = sectionsOf(installed, connection).flatMap(waysOf)
    return ways.length === 0 || ways.some((way) => way !== auth)
  },
})

const overTime: Rule = {
  finding: '`over_time` is missing, or long',
  why: 'left out it is a tenth of rekey_time, 24 minutes: a tunnel outlives its certificate by that.',
  remedy: 'Write the `over_time` that server-config prints.',
  isBroken: (installed, { settings }) => anyLonger(installed, 'over_time', mostSeconds(settings).over),
}

/** What holds whoever looks at the certificate. */
const ofConnections: readonly Rule[] = [
  {
    finding: 'IKEv1 is permitted: `version` is not 2',
    why: 'left out, or 0, both are: IKEv1 never looks at the certificate again, and `reauth_time` and `over_time` mean something else.',
    remedy: 'Write `version = 2` in each connection.',
    isBroken: (installed) =>
      sectionsOf(installed, connection).some((one) => valueOf(one, 'version', connection) !== '2'),
  },
  {
    finding:
      'weak encryption is permitted by `proposals` or `esp_proposals`: DES, MD5, none, or a group of 1536 bits or fewer',
    why: 'who is in between may read, or alter, what is in the tunnel.',
    remedy: 'Write the proposals that server-config prints.',
    isBroken: (installed) => valuesOf(installed, /^(esp_|ah_)?proposals$/).some((value) => weak.test(value)),
  },
  {
    finding: 'a section takes settings of another that was not looked at',
    why: 'what it says counts like what is written here, and may undo it.',
    remedy: 'Name the file that has it with --installed too, or write its lines here.',
    isBroken: (installed) => valueOf(installed, unresolved) !== undefined,
  },
  {
    ...unseen('include'),
    isBroken: (installed) =>
      valuesOf(installed, 'include').some((path) => ![included, secret].some((one) => isNamed(path, one))),
  },
]

const byCertificate: readonly Rule[] = [
  {
    finding: 'clients are restricted to no CA: `cacerts` is missing in `remote`',
    why: "each CA in x509ca is good for clients, that of the server's own certificate included.",
    remedy: `Write \`include ${included}\` in the section \`remote\`.`,
    isBroken: (installed) => listed(installed).some((names) => names.length === 0),
  },
  {
    finding: 'the whole bundle is trusted: `cacerts` has roots, or cross certificates',
    why: 'a tainted issuer stays trusted, for its certificate is still what a root signed.',
    remedy: `Write \`include ${included}\` instead of \`cacerts\`: it has the issuers alone.`,
    isBroken: (installed) => listed(installed).some((names) => names.some(isAuthority)),
  },
  {
    finding: '`cacerts` is not the issuers of the bundle',
    why: 'clients of an issuer that is missing are refused, and those of one that left are let in.',
    remedy: `Write \`include ${included}\` instead of \`cacerts\`: the hook keeps it.`,
    isBroken: (installed, { issuers }: Expected) => {
      const wanted = issuers.map((id) => `${id}.pem`).toSorted()
      const found = listed(installed).map((names) => names.filter((name) => !isAuthority(name)))
      return found.some((names) => names.length > 0 && names.toSorted().join() !== wanted.join())
    },
  },
  {
    finding: '`revocation` is strict',
    why: 'certificates of clients name no CRL: all of them are refused.',
    remedy: 'Write `revocation = relaxed`.',
    isBroken: (installed) => valuesOf(installed, 'revocation', remote).includes('strict'),
  },
  {
    finding: '`reauth_time` is missing, 0, or long',
    why: 'nothing else looks at the certificate again: a tunnel outlives it.',
    remedy: 'Write the `reauth_time` that server-config prints.',
    isBroken: (installed, { settings }) => anyLonger(installed, 'reauth_time', mostSeconds(settings).reauth),
  },
  overTime,
  {
    finding: 'the policy of the tenant is not demanded: `cert_policy` is missing, or another',
    why: 'it is all that strongSwan can demand of a certificate beyond its path.',
    remedy: 'Write `cert_policy` with the policyOid of the tenant.',
    isBroken: (installed, { settings }) =>
      settings.policyOid !== undefined &&
      sectionsOf(installed, remote).some((one) => valueOf(one, 'cert_policy') !== settings.policyOid),
  },
  {
    finding: 'certificates of clients are named one by one: `certs` or `pubkeys` in `remote`',
    why: 'each certificate is another one an hour later.',
    remedy: 'Take them out; `cacerts` and `id = %any` decide.',
    isBroken: (installed) => valuesOf(installed, /^(certs|pubkeys)$/, remote).length > 0,
  },
  {
    finding: 'CAs, certificates or keys are named by sections in `remote`: `cacert`, `cert` or `pubkey`',
    why: 'each adds to those that clients are restricted to, and the hook keeps none of them.',
    remedy: `Take them out; \`include ${included}\` has every issuer of the bundle.`,
    isBroken: (installed) => sectionsOf(installed, shown).length > 0,
  },
  {
    finding: '`send_certreq` is no',
    why: 'clients do not know which certificate is wanted, and may send none.',
    remedy: 'Write `send_certreq = yes`.',
    isBroken: (installed) => valuesOf(installed, 'send_certreq', connection).includes('no'),
  },
]

/** What strongSwan is held to, where it looks at certificates itself. */
export const strongSwanRules = {
  'strongswan-pubkey': [authRule('pubkey'), ...ofConnections, ...byCertificate],
  'strongswan-eap-tls': [authRule('eap-tls'), ...ofConnections, ...byCertificate],
  'strongswan-eap-radius': [
    authRule('eap-radius'),
    ...ofConnections,
    {
      ...overTime,
      why: 'charon asks for reauthentication over_time before Session-Timeout: with 24 minutes that is at once, in a loop, and the tunnel outlives the certificate.',
      remedy: 'Write `over_time = 2s`.',
      isBroken: (installed: readonly Directive[]) => anyLonger(installed, 'over_time', 2),
    },
    {
      finding: '`rand_time` is not 0',
      why: 'the time of reauthentication moves by up to it, and over_time is counted on.',
      remedy: 'Write `rand_time = 0s`.',
      isBroken: (installed: readonly Directive[]) =>
        sectionsOf(installed, connection).some(
          (one) => (secondsIn(valueOf(one, 'rand_time', connection)) ?? -1) !== 0,
        ),
    },
    {
      finding: 'clients are not asked for their EAP identity: `eap_id` is not %any',
      why: 'the RADIUS server is told the IKE identity instead of the user.',
      remedy: 'Write `eap_id = %any` in the section `remote`.',
      isBroken: (installed: readonly Directive[]) =>
        sectionsOf(installed, remote).some((one) => valueOf(one, 'eap_id') !== '%any'),
    },
    {
      finding: 'no RADIUS server is configured',
      why: 'nobody decides about clients, and nobody is let in.',
      remedy: 'Take strongswan.d/mayfly-radius.conf that server-config prints.',
      isBroken: (installed: readonly Directive[]) =>
        (valueOf(installed, 'address', /eap-radius\/servers\/[^/]+$/) ?? '') === '',
    },
  ],
} as const satisfies Readonly<Record<string, readonly Rule[]>>
