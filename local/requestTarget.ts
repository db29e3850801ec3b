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

/** A path and query in visible ASCII, without a fragment. */
const originForm = /^\/[!"$-~]*$/

/**
 * Decodes the path of a URL once, as UTF-8. An encoded slash stays encoded, as the host leaves it, so that it never
 * separates segments.
 * @returns undefined for broken encoding.
 */
const decodePath = (pathname: string): string | undefined => {
  try {
    const path = decodeURIComponent(pathname.replaceAll(/%(?=2f)/gi, '%25'))
    return path.includes('\0') ? undefined : path
  } catch {
    return undefined
  }
}

/**
 * Reads where a request goes, from its target and its Host header.
 * @returns undefined where the host answers 400: no or two Host headers, a target that is not a path, bad encoding.
 */
export const parseRequestTarget = (
  scheme: 'http' | 'https',
  request: IncomingMessage,
): RequestTarget | undefined => {
  const [host, ...others] = request.headersDistinct['host'] ?? []
  if (host === undefined || others.length > 0 || !hostHeader.test(host)) return undefined
  if (!originForm.test(request.url ?? '')) return undefined
  // URL would read a backslash as a slash, the host does not.
  const url = URL.parse(`${scheme}://${host}${request.url?.replaceAll('\\', '%5C')}`)
  const path = url ? decodePath(url.pathname) : undefined
  return url === null || path === undefined ? undefined : { url, path }
}
