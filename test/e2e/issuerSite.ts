import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestIssuer } from '../tokens.ts'

/** Whose documents a site serves: issuers of tokens, and attestation services. */
export type Publisher = Pick<TestIssuer, 'url' | 'documents'>

/** Where test issuers publish their documents for a service that runs in another process. */
export interface IssuerSite extends AsyncDisposable {
  /** The origin beneath which issuers are, on 127.0.0.1. */
  readonly url: string
  /** Whose documents are served. */
  readonly issuers: Publisher[]
  /** Every URL that was asked for. */
  readonly asked: string[]
  /** Answers nothing any more of what an issuer is asked for. @returns what makes it answer again. */
  hang(issuer: Publisher): () => void
}

/** Serves discovery documents and key sets over plain HTTP. */
export const openIssuerSite = async (): Promise<IssuerSite> => {
  const issuers: Publisher[] = []
  const asked: string[] = []
  const hanging = new Set<string>()
  const server = createServer((request, response) => {
    const address = `${url}${request.url}`
    asked.push(address)
    if ([...hanging].some((issuer) => address.startsWith(issuer))) return
    const document = issuers.map((issuer) => issuer.documents()[address]).find((found) => found !== undefined)
    response.writeHead(document === undefined ? 404 : 200, { 'content-type': 'application/json' })
    response.end(JSON.stringify(document ?? {}))
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url,
    issuers,
    asked,
    hang(issuer) {
      hanging.add(issuer.url)
      return () => void hanging.delete(issuer.url)
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await once(server.close(), 'close')
    },
  }
}
