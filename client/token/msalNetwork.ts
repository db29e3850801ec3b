import type { INetworkModule } from '@azure/msal-node'
import { Refusal } from '../../lib/errors/refusal.ts'
import { jsonMember, parseJson } from '../../lib/json/parseJson.ts'
import { askProvider } from './providerFetch.ts'

/** How MSAL asks: as everything here asks, through the proxy of the machine. */
export interface MsalNetwork {
  readonly module: INetworkModule
  /** Why the last request failed: MSAL tells of a network error only. */
  readonly fault: () => Refusal | undefined
}

type Options = Parameters<INetworkModule['sendPostRequestAsync']>[1]

/** Lets MSAL ask Entra until the signal aborts. */
export const msalNetwork = (signal: AbortSignal, ask = askProvider): MsalNetwork => {
  let fault: Refusal | undefined
  const send = async (method: string, url: string, { headers = {}, body }: NonNullable<Options> = {}) => {
    fault = undefined
    try {
      const answer = await ask({ url: new URL(url), method, headers, body }, signal)
      const told = Object.entries(answer.headers).map(([name, value]) => [name, String(value)] as const)
      const document = parseJson(answer.content, (why) => {
        const detail = `Cannot get a token: the answer of ${new URL(url).origin} ${why}.`
        return new Refusal('token-source-unavailable', detail)
      })
      return { status: answer.status, headers: Object.fromEntries(told), body: document as never }
    } catch (error) {
      if (error instanceof Refusal) fault = error
      throw error
    }
  }
  return {
    module: {
      sendGetRequestAsync: (url, options) => send('GET', url, options),
      sendPostRequestAsync: (url, options) => send('POST', url, options),
    },
    fault: () => fault,
  }
}

/** What MSAL's cache holds of a sign-in; access tokens do not last. */
const lasting = ['Account', 'IdToken', 'RefreshToken', 'AppMetadata'] as const

/** Leaves the access tokens out of what MSAL's cache serializes to: a renewal needs a fresh one. */
export const signInOf = (serialized: string): string => {
  const document = parseJson(Buffer.from(serialized), (why) => new Error(`The cache of MSAL ${why}.`))
  return JSON.stringify(Object.fromEntries(lasting.map((name) => [name, jsonMember(document, name) ?? {}])))
}
