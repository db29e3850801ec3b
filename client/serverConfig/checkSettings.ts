import { isAbsolute } from 'node:path/posix'
import { Refusal } from '../../lib/errors/refusal.ts'
import type { ServerSettings } from './recipe.ts'

/** The refusal of what cannot be written. */
export const refuse = (what: string, form: string): Refusal =>
  new Refusal('usage-wrong', `Cannot write the configuration: ${what} must be ${form}.`)

/** Means something in one of the formats, some of them even between quotes: to ocserv # begins a comment there. */
export const special = /[\p{C}"'\\$`*?;#{}[\]]/u

/** The name of a server. */
export const dnsName =
  /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/i
const cidr = /^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?!\/)|(?=\/))){4}\/(?:3[0-2]|[12]?\d)$/

const checkPath = (what: string, path: string): void => {
  if (!isAbsolute(path) || special.test(path) || path !== path.trim() || path.endsWith('/'))
    throw refuse(
      what,
      'an absolute path without quotes, $, \\, *, ?, ;, #, brackets, braces and control characters',
    )
}

/**
 * Checks what people gave before it is written into a format: what no quoting makes safe everywhere is refused.
 * @throws {Refusal} `usage-wrong`
 */
export const checkSettings = (settings: ServerSettings): ServerSettings => {
  const { trust, certificate, key, caFile, relyingParty, serverName, pool, networks } = settings
  checkPath('--trust', trust)
  checkPath('--certificate', certificate)
  checkPath('--key', key)
  if (caFile !== undefined) checkPath('--ca', caFile)
  if (relyingParty) checkPath('--secret-file', relyingParty.secretFile)
  if (!dnsName.test(serverName)) throw refuse('--server-name', 'the DNS name that clients dial')
  for (const network of [pool, ...networks])
    if (!cidr.test(network)) throw refuse('--pool and --network', 'IPv4 networks such as 10.20.0.0/24')
  return settings
}
