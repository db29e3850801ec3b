import { programFolder } from '../agentFiles.ts'
import { mostSeconds } from '../mostSeconds.ts'
import { secondsIn, valueOf, valuesOf } from './directive.ts'
import type { Rule } from './rule.ts'

const isTrue = (value: string | undefined): boolean => /^(true|yes)$/i.test(value ?? '')

/** Whether a priority string of GnuTLS, read from left to right, leaves no version of TLS before 1.2. */
const isModern = (priorities: string): boolean =>
  ['1.0', '1.1'].every((version) => {
    const own = ['VERS-ALL', 'VERS-TLS-ALL', `VERS-TLS${version}`]
    const words = priorities.toUpperCase().split(':')
    const last = words.findLast((one) => own.includes(one.replace(/^[-+!]/, '')))
    return last !== undefined && !last.startsWith('+')
  })

/** What ocserv is held to. */
export const ocservRules: readonly Rule[] = [
  {
    finding: '`ca-cert` is not issuers-and-crosses.pem of the bundle, or not that alone',
    why: 'with roots in it a tainted issuer stays trusted, with another CA its clients are let in, for ocserv reads no key purpose; and with issuers alone clients are refused when a root was put to work.',
    remedy: 'Let one `ca-cert` name issuers-and-crosses.pem in the folder that the agent keeps.',
    isBroken: (installed, { settings }) =>
      valuesOf(installed, 'ca-cert').join() !== `${settings.trust}/issuers-and-crosses.pem`,
  },
  {
    finding: '`auth` is something else than "certificate", or `enable-auth` adds to it',
    why: 'who has no certificate may be let in.',
    remedy: 'Write `auth = "certificate"`, and no `enable-auth`.',
    isBroken: (installed) =>
      valuesOf(installed, 'auth').join() !== 'certificate' || valuesOf(installed, 'enable-auth').length > 0,
  },
  {
    finding: '`rekey-method` is not `new-tunnel`',
    why: 'rekeying of TLS 1.3 never looks at the certificate: tunnels outlive it.',
    remedy: 'Write `rekey-method = new-tunnel`.',
    isBroken: (installed) => valueOf(installed, 'rekey-method') !== 'new-tunnel',
  },
  {
    finding: '`rekey-time` is missing, 0, or more than a twelfth of the life of a certificate',
    why: 'a tunnel outlives its certificate for as long.',
    remedy: 'Write the `rekey-time` that server-config prints.',
    isBroken: (installed, { settings }) => {
      const seconds = secondsIn(valueOf(installed, 'rekey-time')) ?? 0
      return seconds === 0 || seconds > mostSeconds(settings).rekey
    },
  },
  {
    finding: '`predictable-ips` is not true',
    why: 'a new tunnel gets another address, and openconnect gives up at the first one.',
    remedy: 'Write `predictable-ips = true`.',
    isBroken: (installed) => !isTrue(valueOf(installed, 'predictable-ips')),
  },
  {
    finding: '`session-timeout` is missing, 0, or longer than a certificate lives',
    why: 'nothing else ends the session of a client that does not rekey.',
    remedy: "Write a `session-timeout` of the tenant's certificate.lifetimeSeconds at the most.",
    isBroken: (installed, { settings }) => {
      const seconds = secondsIn(valueOf(installed, 'session-timeout')) ?? 0
      return seconds === 0 || seconds > settings.lifetimeSeconds
    },
  },
  {
    finding: '`cookie-timeout` is longer than five minutes, or `persistent-cookies` is true',
    why: 'a session that was ended comes back by its cookie.',
    remedy: 'Write `cookie-timeout = 60`, and take `persistent-cookies` out.',
    isBroken: (installed) =>
      (secondsIn(valueOf(installed, 'cookie-timeout')) ?? 300) > 300 ||
      isTrue(valueOf(installed, 'persistent-cookies')),
  },
  {
    finding: '`cert-user-oid` is not 2.5.4.3',
    why: 'the user is not the common name of the certificate: nobody can tell whose session it is.',
    remedy: 'Write `cert-user-oid = 2.5.4.3`.',
    isBroken: (installed) => valueOf(installed, 'cert-user-oid') !== '2.5.4.3',
  },
  {
    finding: '`crl` is set',
    why: 'certificates of clients name no CRL, and there is none.',
    remedy: 'Take `crl` out.',
    isBroken: (installed) => valueOf(installed, 'crl') !== undefined,
  },
  {
    finding: '`use-occtl` is not true',
    why: 'nothing can end the session of a user who is denied.',
    remedy: 'Write `use-occtl = true`.',
    isBroken: (installed) => !isTrue(valueOf(installed, 'use-occtl')),
  },
  {
    finding: '`connect-script` is missing, or runs something else',
    why: 'who is stopped comes back, and has a tunnel until the next look of the guard.',
    remedy: `Write \`connect-script = ${programFolder}/ocserv-connect\`.`,
    isBroken: (installed) => valueOf(installed, 'connect-script') !== `${programFolder}/ocserv-connect`,
  },
  {
    finding: '`cisco-client-compat` is true',
    why: 'a client has to show its certificate once: its tunnel goes on when that ended.',
    remedy: 'Take `cisco-client-compat` out.',
    isBroken: (installed) => valuesOf(installed, 'cisco-client-compat').some(isTrue),
  },
  {
    finding: 'TLS before 1.2 is permitted',
    why: 'its handshake can be attacked, and ocserv permits it by default.',
    remedy: 'Write the `tls-priorities` that server-config prints.',
    isBroken: (installed) => !isModern(valueOf(installed, 'tls-priorities') ?? ''),
  },
]
