import { BlockList, isIP } from 'node:net'
import { Refusal } from '../lib/errors/refusal.ts'

/** The names of this machine in URLs. */
const loopback = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/

/** Whether a URL leads to this machine, whose traffic no proxy sees. */
export const isLoopback = ({ hostname }: URL): boolean => loopback.test(hostname)

type Environment = Readonly<Record<string, string | undefined>>

/** The lower case counts first, as it does for curl and Node.js. */
const variableOf = (environment: Environment, name: string): string | undefined =>
  [name.toLowerCase(), name].find((one) => (environment[one] ?? '') !== '')

const valueOf = (environment: Environment, name: string): string =>
  environment[variableOf(environment, name) ?? name] ?? ''

const family = (address: string) => (isIP(address) === 6 ? 'ipv6' : 'ipv4')

const isWithin = (address: string, [network = '', bits]: readonly string[]): boolean => {
  if (isIP(address) === 0 || isIP(network) !== isIP(address)) return false
  if (!/^\d{1,3}$/.test(bits ?? '') || Number(bits) > (isIP(network) === 6 ? 128 : 32)) return false
  const list = new BlockList()
  list.addSubnet(network, Number(bits), family(network))
  return list.check(address, family(address))
}

const bare = (host: string): string => host.replaceAll(/^\[|\]$/g, '')

/** Host and port; a bare IPv6 address has colons of its own. */
const splitPort = (entry: string): readonly [host: string, port: string | undefined] => {
  const [, host = entry, port] = (isIP(entry) === 0 ? /^(.+):(\d+)$/.exec(entry) : undefined) ?? []
  return [bare(host), port]
}

/** An entry of NO_PROXY: a host and all beneath it, with a port or without, a network, or `*`. */
const matches = (entry: string, url: URL): boolean => {
  const host = bare(url.hostname)
  if (entry.includes('/')) return isWithin(host, entry.split('/').map(bare))
  const [name, port] = splitPort(entry)
  if (port !== undefined && port !== (url.port || (url.protocol === 'https:' ? '443' : '80'))) return false
  const domain = name.replace(/^\*?\./, '')
  if (domain === '*') return true
  return domain !== '' && (host === domain || (isIP(host) === 0 && host.endsWith(`.${domain}`)))
}

const parseProxy = (value: string, variable: string): URL => {
  const text = value.includes('://') ? value : `http://${value}`
  const proxy = URL.canParse(text) ? new URL(text) : undefined
  if (proxy && /^https?:$/.test(proxy.protocol) && proxy.hostname !== '') return proxy
  // The value may hold a password.
  throw new Refusal('usage-wrong', `Cannot use the proxy of ${variable}: it is no http or https URL.`)
}

/** The way that requests to a URL take, and what says so. */
export type Way =
  | { readonly kind: 'direct'; readonly why: 'loopback' | 'unset' | 'exempt' }
  | { readonly kind: 'proxy'; readonly proxy: URL; readonly variable: string }

/**
 * Tells the way to a URL, by the variables that curl and others read: `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and
 * `NO_PROXY`, in lower case or upper.
 * @throws {Refusal} `usage-wrong` for a proxy that is neither http nor https.
 */
export const wayTo = (url: URL, environment: Environment): Way => {
  if (isLoopback(url)) return { kind: 'direct', why: 'loopback' }
  const name = url.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY'
  const variable = variableOf(environment, name) ?? variableOf(environment, 'ALL_PROXY')
  if (variable === undefined) return { kind: 'direct', why: 'unset' }
  const exceptions = valueOf(environment, 'NO_PROXY')
    .toLowerCase()
    .split(/[\s,]+/)
  if (exceptions.some((entry) => matches(entry, url))) return { kind: 'direct', why: 'exempt' }
  return { kind: 'proxy', proxy: parseProxy(environment[variable] ?? '', variable), variable }
}

/**
 * The proxy on the way to a URL, as wayTo() finds it.
 * @returns undefined when there is none; always for this machine.
 * @throws {Refusal} `usage-wrong` for a proxy that is neither http nor https.
 */
export const proxyFor = (url: URL, environment: Environment): URL | undefined => {
  const way = wayTo(url, environment)
  return way.kind === 'proxy' ? way.proxy : undefined
}

/**
 * Sees to it that the Azure SDK, which knows no exception for this machine, sends nothing for it through a proxy.
 * @param environment of this process, which is changed.
 */
export const exemptLoopback = (environment: NodeJS.ProcessEnv): void => {
  const exceptions = [valueOf(environment, 'NO_PROXY'), 'localhost', '127.0.0.1', '[::1]']
  environment['NO_PROXY'] = exceptions.filter((entry) => entry !== '').join(',')
}
