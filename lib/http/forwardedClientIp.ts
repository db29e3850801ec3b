import { isIP } from 'node:net'
import type { HttpRequest } from '@azure/functions'

/** Tells the address of a request's client, without port and brackets; undefined where nobody can tell. */
export type ClientIpOf = (request: Pick<HttpRequest, 'headers'>) => string | undefined

/** Tells nothing: what a header says counts only where the platform is known to write it. */
export const unknownClientIp: ClientIpOf = () => undefined

/** An address as proxies write it: an IPv4 with a port or without, an IPv6 in brackets with or without one, or bare. */
const forms = [/^([\d.]+)(?::\d{1,5})?$/, /^\[([\da-f:.]+)\](?::\d{1,5})?$/i, /^([\da-f:.]+)$/i]

/** Sockets that take both families give an IPv4 address so (RFC 4291 section 2.5.5.2). */
const mapped = /^::ffff:(?=\d+\.)/i

const parseAddress = (text: string): string | undefined => {
  const found = forms.map((form) => form.exec(text)?.[1]).find((address) => address !== undefined)
  const address = found?.replace(mapped, '')
  return address !== undefined && isIP(address) !== 0 ? address : undefined
}

/**
 * Tells the client by the right-most entry of `X-Forwarded-For`, which the nearest proxy wrote; those before it are
 * whatever the client sent. Behind Azure Front Door, which says so, the nearest peer is a machine of Microsoft.
 */
export const forwardedClientIp: ClientIpOf = ({ headers }) => {
  if (headers.has('x-azure-fdid')) return undefined
  const entries = headers.get('x-forwarded-for') ?? ''
  return parseAddress(entries.slice(entries.lastIndexOf(',') + 1).trim())
}
