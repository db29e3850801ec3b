import { programFolder } from '../agentFiles.ts'
import { valueOf, valuesOf } from './directive.ts'
import type { Rule } from './rule.ts'
import { unseen } from './unseen.ts'

const purposes = ['remote-cert-tls', 'remote-cert-eku']

/** What OpenVPN is held to. */
export const openVpnRules: readonly Rule[] = [
  {
    finding: 'the file of CAs is not trust.pem of the bundle',
    why: 'clients of others are let in, or those of the next root are not; and with a cross certificate in it OpenVPN does not start.',
    remedy: 'Let `ca` name trust.pem in the folder that the agent keeps.',
    isBroken: (installed, { settings }) => valueOf(installed, 'ca') !== `${settings.trust}/trust.pem`,
  },
  {
    finding: '`capath` is used',
    why: 'OpenVPN keeps what it once read of it: a root that was retired stays trusted until it is restarted.',
    remedy: 'Take `capath` out; `ca` is enough.',
    isBroken: (installed) => valueOf(installed, 'capath') !== undefined,
  },
  {
    finding: 'no issuer is pinned: `tls-verify` is missing, or runs something else',
    why: 'a tainted issuer stays trusted, for its certificate is still what a root signed.',
    remedy: 'Add `tls-verify /usr/lib/mayfly/openvpn-verify`.',
    isBroken: (installed) => valueOf(installed, 'tls-verify') !== `${programFolder}/openvpn-verify`,
  },
  {
    finding: 'tls-verify does not get the certificate: `tls-export-cert` is missing',
    why: 'the end of the certificate is not known, and nobody is let in.',
    remedy: 'Add `tls-export-cert /run/openvpn-mayfly`.',
    isBroken: (installed) => valueOf(installed, 'tls-export-cert') !== '/run/openvpn-mayfly',
  },
  {
    finding: 'scripts are not permitted: `script-security` is less than 2',
    why: 'neither tls-verify nor client-connect runs.',
    remedy: 'Add `script-security 2`.',
    isBroken: (installed) => Number(valueOf(installed, 'script-security') ?? 1) < 2,
  },
  {
    finding: 'the marker is not demanded: `remote-cert-eku` is missing, or names another',
    why: 'certificates of the tenant that are not for the VPN are let in.',
    remedy: 'Add `remote-cert-eku` with the marker of the tenant, after `remote-cert-tls`.',
    isBroken: (installed, { settings: { markerOids } }) => {
      const named = valueOf(installed, 'remote-cert-eku')
      return markerOids.length === 1 ? named !== markerOids[0] : named !== undefined
    },
  },
  {
    finding: '`remote-cert-tls` comes after `remote-cert-eku`, and replaces it',
    why: 'there is one setting for both: certificates without the marker are let in.',
    remedy: 'Put `remote-cert-eku` last.',
    isBroken: (installed) => {
      const order = installed.map(({ name }) => name).filter((name) => purposes.includes(name))
      return order.includes('remote-cert-eku') && order.at(-1) === 'remote-cert-tls'
    },
  },
  {
    finding: 'a certificate is not demanded: `verify-client-cert` is not `require`',
    why: 'who has none is let in, with a password or without.',
    remedy: 'Write `verify-client-cert require`.',
    isBroken: (installed) =>
      (valueOf(installed, 'verify-client-cert') ?? 'require') !== 'require' ||
      valueOf(installed, 'client-cert-not-required') !== undefined,
  },
  {
    finding: 'no session ends with its certificate: `client-connect` is missing, or runs something else',
    why: 'a tunnel outlives its certificate for up to two hours (reneg-sec and tran-window).',
    remedy: 'Add `client-connect /usr/lib/mayfly/openvpn-connect`.',
    isBroken: (installed) => valueOf(installed, 'client-connect') !== `${programFolder}/openvpn-connect`,
  },
  {
    finding: 'nothing can end sessions: `management` is missing, or is no socket of a file',
    why: 'who is stopped keeps the tunnel until the certificate ends.',
    remedy: 'Add `management /run/openvpn-server/mayfly.sock unix`, and `management-client-user root`.',
    isBroken: (installed) => !/^\/\S+ unix$/.test(valueOf(installed, 'management') ?? ''),
  },
  {
    finding: 'others than root may use the management socket: `management-client-user` is missing',
    why: 'they could end sessions, or keep the agent from it: it takes one at a time.',
    remedy: 'Add `management-client-user root`.',
    isBroken: (installed) =>
      (valueOf(installed, 'management') ?? '').endsWith(' unix') &&
      valueOf(installed, 'management-client-user') !== 'root',
  },
  {
    finding: '`crl-verify` is set',
    why: 'certificates of clients name no CRL and there is none: everybody is refused, or an old list decides.',
    remedy: 'Take `crl-verify` out.',
    isBroken: (installed) => valueOf(installed, 'crl-verify') !== undefined,
  },
  {
    finding: 'the user is read from elsewhere than the common name: `x509-username-field`',
    why: 'OpenVPN reads no UPN there; ext:subjectAltName is an e-mail address.',
    remedy: 'Take `x509-username-field` out.',
    isBroken: (installed) => (valueOf(installed, 'x509-username-field') ?? 'CN') !== 'CN',
  },
  {
    finding: 'the name that a user types takes the place of the common name: `username-as-common-name`',
    why: 'a user may go by the name of another.',
    remedy: 'Take `username-as-common-name` out.',
    isBroken: (installed) => valueOf(installed, 'username-as-common-name') !== undefined,
  },
  {
    finding: '`duplicate-cn` is set',
    why: 'a certificate that was copied lasts beside the one it was copied from, and nobody notices: the common name is the user.',
    remedy: 'Take `duplicate-cn` out.',
    isBroken: (installed) => valueOf(installed, 'duplicate-cn') !== undefined,
  },
  {
    finding: '`keepalive` is missing, or its second number is more than 60',
    why: 'a server that ends a session does not tell the client, which notices after that many seconds.',
    remedy: 'Write `keepalive 10 30`.',
    isBroken: (installed) => {
      const seconds = Number(valueOf(installed, 'keepalive')?.split(' ')[1] ?? 0)
      return !(seconds > 0 && seconds <= 60)
    },
  },
  {
    ...unseen('config'),
    isBroken: (installed) => valueOf(installed, 'config') !== undefined,
  },
  {
    finding: 'weak encryption, or none, is permitted by `data-ciphers`, `data-ciphers-fallback` or `cipher`',
    why: 'who is in between may read what is in the tunnel.',
    remedy: 'Take them out: OpenVPN is well by default.',
    isBroken: (installed) =>
      valuesOf(installed, /^((data|ncp)-ciphers(-fallback)?|cipher)$/).some((value) =>
        /(^|:)\??(none|BF-.*|CAST5-.*|DES-.*|RC2-.*)(:|$)/i.test(value),
      ),
  },
  {
    finding: 'TLS before 1.2 is permitted',
    why: 'its handshake can be attacked.',
    remedy: 'Write `tls-version-min 1.2`.',
    isBroken: (installed) =>
      valuesOf(installed, 'tls-version-min').some((value) => Number(value.split(' ')[0]) < 1.2),
  },
]
