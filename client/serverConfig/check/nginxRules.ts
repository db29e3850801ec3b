import { valueOf, valuesOf } from './directive.ts'
import {
  isAnswered,
  isAsked,
  isGivenAgain,
  listensOf,
  map,
  serverOf,
  serversOf,
  verifyingServers,
} from './verifyingServers.ts'
import type { Rule } from './rule.ts'
import { unseen } from './unseen.ts'

/** What nginx is held to. */
export const nginxRules: readonly Rule[] = [
  {
    finding: '`ssl_client_certificate` is not trust.pem of the bundle, or not that alone',
    why: 'clients of others are let in, or those of the next root are not; with issuers alone everybody is refused.',
    remedy: 'Let `ssl_client_certificate` name trust.pem in the folder that the agent keeps.',
    isBroken: (installed, { settings }) => {
      const files = valuesOf(installed, /^ssl_(client|trusted)_certificate$/)
      return files.length === 0 || files.some((file) => file !== `${settings.trust}/trust.pem`)
    },
  },
  {
    finding: '`ssl_verify_client` is not on everywhere',
    why: 'with optional, whoever has no certificate, or one that does not verify, is let in.',
    remedy: 'Write `ssl_verify_client on`.',
    isBroken: (installed) => {
      const values = valuesOf(installed, 'ssl_verify_client')
      return values.length === 0 || values.some((value) => value !== 'on')
    },
  },
  {
    finding: 'another `server` at the same address asks for no certificate: it has no `ssl_verify_client`',
    why: 'whoever asks for its name, or for none where it is the default, is let in without one.',
    remedy:
      'Write `ssl_verify_client on` there too, with the other `ssl_` lines and the `if`; or let it listen elsewhere.',
    isBroken: (installed) => {
      const verifying = verifyingServers(installed)
      const taken = verifying.flatMap((server) => listensOf(installed, server))
      return serversOf(installed).some(
        (server) =>
          !verifying.includes(server) &&
          listensOf(installed, server).some((address) => taken.includes(address)),
      )
    },
  },
  {
    finding:
      'the issuers of the bundle are not pinned: there is no map of $ssl_client_i_dn that includes issuers.dn',
    why: 'a tainted issuer stays trusted, for its certificate is still what a root signed.',
    remedy: 'Take the `map` that server-config prints.',
    isBroken: (installed, { settings }) =>
      !valuesOf(installed, 'include', map).includes(`${settings.trust}/issuers.dn`),
  },
  {
    finding: 'the map of issuers lets others through: its default is not 0, or it has names of its own',
    why: 'names that are not of the bundle are accepted.',
    remedy: 'Let the map have `default 0` and the include, and nothing else.',
    isBroken: (installed, { settings }) => {
      const lines = installed.filter(({ section }) => map.test(section.join('/')))
      const wanted = [`include ${settings.trust}/issuers.dn`, 'default 0']
      const others = lines.filter(({ name, value }) => !wanted.includes(`${name} ${value}`))
      return others.length > 0 || (lines.length > 0 && valueOf(lines, 'default') === undefined)
    },
  },
  {
    finding:
      'nobody asks the map of issuers, or not every server with certificates does, for all that it serves',
    why: 'the pin is there and refuses nobody.',
    remedy: 'Add the `if` that server-config prints, with `return 403`.',
    isBroken: (installed) => {
      const servers = verifyingServers(installed)
      return servers.length === 0 || servers.some((server) => !isAsked(installed, server))
    },
  },
  {
    finding: 'the variable of the map of issuers is given a value elsewhere, by `set` or another map',
    why: 'that value counts, whichever issuer signed.',
    remedy: 'Give the other one another name.',
    isBroken: isGivenAgain,
  },
  {
    finding: '`error_page` answers who is refused: for 495 or 496, or by a named location',
    why: 'whoever has no certificate, one that does not verify, or one of a tainted issuer gets that page, and what it leads to.',
    remedy: 'Let `error_page` have neither 495 nor 496, and no named location (@) for what the `if` returns.',
    isBroken: isAnswered,
  },
  {
    ...unseen('include'),
    isBroken: (installed) =>
      installed.some(({ section, name }) => section.at(-1) === 'server' && name === 'include'),
  },
  {
    finding: '`ssl_session_tickets` is not off',
    why: 'a resumed session is let in after the end of its certificate.',
    remedy: 'Write `ssl_session_tickets off`.',
    isBroken: (installed) => {
      const values = installed.filter(({ name }) => name === 'ssl_session_tickets')
      const servers = values.map(serverOf)
      // Left out it is on: each server has to have it, or all of them.
      const isEverywhere =
        servers.includes(undefined) || verifyingServers(installed).every((server) => servers.includes(server))
      return values.length === 0 || !isEverywhere || values.some(({ value }) => value !== 'off')
    },
  },
  {
    finding: '`ssl_session_cache` is not off, or none',
    why: 'a resumed session is let in after the end of its certificate.',
    remedy: 'Write `ssl_session_cache off`.',
    isBroken: (installed) => {
      const values = valuesOf(installed, 'ssl_session_cache')
      return values.length === 0 || values.some((value) => !['off', 'none'].includes(value))
    },
  },
  {
    finding: '`ssl_verify_depth` is less than 3',
    why: 'the path of a client by a cross certificate is too long, and it is refused.',
    remedy: 'Write `ssl_verify_depth 3`.',
    isBroken: (installed) => Number(valueOf(installed, 'ssl_verify_depth') ?? 1) < 3,
  },
  {
    finding: '`ssl_crl` or `ssl_ocsp` is set',
    why: 'certificates of clients name neither a CRL nor OCSP: everybody is refused, or an old list decides.',
    remedy: 'Take it out.',
    isBroken: (installed) =>
      valueOf(installed, 'ssl_crl') !== undefined || (valueOf(installed, 'ssl_ocsp') ?? 'off') !== 'off',
  },
  {
    finding: 'TLS before 1.2 is permitted',
    why: 'its handshake can be attacked.',
    remedy: 'Write `ssl_protocols TLSv1.2 TLSv1.3`.',
    isBroken: (installed) =>
      valuesOf(installed, 'ssl_protocols').some((value) => /\b(SSLv\d|TLSv1(\.1)?)(?![.\d])/.test(value)),
  },
]
