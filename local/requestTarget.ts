import type { IncomingMessage } from 'node:http'

/** Where a request goes. */
export interface RequestTarget {
  /** As the function sees it; its path is normalized and still encoded. */
  readonly url: URL
  /** Decoded, except for encoded slashes. */
  readonly path: string
}

/** A registered name or IPv4 address, or an IPv6 address in brackets; an optional port. */
const hostHeader = /^([a-z0-9._-]+|\[[0-9a-f:.]+\])(:\d{1,5})?$/i

/** A path and query in visible ASCII, behind scheme and authority or not (RFC 9112 sections 3.2.1 and 3.2.2). */
const target = /^(?:https?:\/\/[^/?#]+)?(\/[!-~]*)$/i

/**
 * Decodes the path of a URL once, as UTF-8. An encoded slash stays encoded, as the host leaves it, so that it never
 * separates segments; and so does all of a path whose encoding is broken.
 * @returns undefined for a path with a NUL.
 */
const decodePath = (pathname: string): string | undefined => {
  try {
    const path = decodeURIComponent(pathname.replaceAll(/%(?=2f)/gi, '%25'))
    return path.includes('\0') ? undefined : path
  } catch {
    return pathname
  }
}

/**
 * Reads where a request goes, from its target and its Host header.
 * @returns undefined where the host answers 400: no or two Host headers, a target that is not a path, a NUL.
 */
export const parseRequestTarget = (
  scheme: 'http' | 'https',
  request: IncomingMessage,
): RequestTarget | undefined => {
  const [host, ...others] = request.headersDistinct['host'] ?? []
  if (host === undefined || others.length > 0 || !hostHeader.test(host)) return undefined
  const [, path] = target.exec(request.url ?? '') ?? []
  if (path === undefined) return undefined
  // URL would read a backslash as a slash, and end the path at a number sign; the host does neither.
  const url = URL.parse(`${scheme}://${host}${path.replaceAll('\\', '%5C').replaceAll('#', '%23')}`)
  const decoded = url ? decodePath(url.pathname) : undefined
  return url === null || decoded === undefined ? undefined : { url, path: decoded }
}
