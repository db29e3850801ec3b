import { isLoopback } from '../proxyFor.ts'

/** Whether nobody on the way reads what goes to a URL: https, or http on this machine. */
export const isSecureUrl = (url: URL): boolean =>
  url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url))
