import { Resolver } from 'node:dns/promises'
import type { Lookup } from './askNames.ts'

/** How long a server may take before the next one is asked, and how often each is. */
const patience = { timeout: 1_500, tries: 2 } as const

/**
 * Makes what asks DNS servers, and no file of hosts. Not by getaddrinfo(): that tells no failure of one kind of addresses from there
 * being none, cannot be ended, and has Node.js ask for two names at once, so that two that are silent silence all.
 * @param servers addresses, with a port or without; those of the machine, as they are at each question, when left out
 */
export const resolverAt =
  (servers?: readonly string[]): Lookup =>
  async (host, type, signal) => {
    const resolver = new Resolver(patience)
    if (servers) resolver.setServers(servers)
    const cancel = () => resolver.cancel()
    signal.addEventListener('abort', cancel)
    try {
      return await (type === 'A' ? resolver.resolve4(host) : resolver.resolve6(host))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENODATA') return []
      throw error
    } finally {
      signal.removeEventListener('abort', cancel)
    }
  }

/** Asks the DNS servers of the machine. */
export const askResolver: Lookup = resolverAt()
