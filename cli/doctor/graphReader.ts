import type { Credential } from '../../lib/keys/keyVaultAccess.ts'

/** Reads a path of Microsoft Graph v1.0 in the directory of whoever is signed in. */
export type ReadGraph = (origin: string, path: string) => Promise<GraphAnswer>

export interface GraphAnswer {
  readonly status: number
  /** Undefined when it is no JSON. */
  readonly body: unknown
}

/** Maps where a directory signs in to where its Graph is; other origins have none that is known here. */
export const graphOrigins: Readonly<Record<string, string>> = {
  'https://login.microsoftonline.com': 'https://graph.microsoft.com',
  'https://login.microsoftonline.us': 'https://graph.microsoft.us',
  'https://login.partner.microsoftonline.cn': 'https://microsoftgraph.chinacloudapi.cn',
}

const timeoutMilliseconds = 10_000

/** Reads Graph with the sign-in of an administrator. @throws {Refusal} `sign-in-needed`, or Error without an answer */
export const graphReader =
  (credential: Credential, send: typeof fetch = fetch): ReadGraph =>
  async (origin, path) => {
    const token = await credential.getToken(`${origin}/.default`)
    const answer = await send(`${origin}/v1.0/${path}`, {
      headers: { authorization: `Bearer ${token?.token ?? ''}`, accept: 'application/json' },
      redirect: 'error',
      signal: AbortSignal.timeout(timeoutMilliseconds),
    })
    return { status: answer.status, body: await answer.json().catch(() => undefined) }
  }
