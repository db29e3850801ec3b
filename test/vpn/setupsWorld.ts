import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { demoClaims } from '../../client/demoClaims.ts'
import { listen } from '../../local/freePort.ts'
import { api, clientId, startOidcProvider } from '../client/token/oidcWorld.ts'
import { startLocalStack } from '../e2e/localStack.ts'
import { blocksIn, projectFile } from '../pages.ts'
import { type Gateway, makeGateway } from './gateway.ts'

/** What the set-ups of docs/client-setups.md meet: a service, an OpenID provider, and what the gateway was given. */
export interface SetupsWorld extends AsyncDisposable {
  /** The blocks of a section as somebody fills them in who uses this service. */
  readonly blocksUnder: (heading: string) => readonly string[]
  /** The service. */
  readonly url: string
  /** A token of ada's that was issued now. */
  readonly token: () => Promise<string>
  /** What the administrator handed to the gateway. */
  readonly secret: string
  readonly gateway: Gateway
}

/** What a token of the demo says of ada. */
const claims = {
  upn: 'ada@contoso.example',
  [demoClaims.compliant]: true,
  [demoClaims.groups]: [],
  [demoClaims.country]: 'NL',
}

interface Shown {
  readonly configuration: { readonly tokenIssuers: readonly Readonly<Record<string, unknown>>[] }
}

/** Has the demo tenant take tokens of one more issuer, and lists the gateway. @returns its secret. */
const administer = async (folder: string, issuer: string) => {
  const [file, secretFile] = [join(folder, 'contoso.json'), join(folder, 'gateway.secret')]
  const mayfly = async (...words: readonly string[]) => {
    const all = ['tools/mayfly.mjs', ...words, '--deployment', join(folder, 'deployment.json')]
    return (await promisify(execFile)(process.execPath, all)).stdout
  }
  const tenant = ['--tenant', 'contoso']
  const shown = JSON.parse(await mayfly('tenant', 'show', ...tenant, '--json')) as Shown
  const { tokenIssuers } = shown.configuration
  const added = { ...tokenIssuers[0], issuer, audience: api, clients: [clientId] }
  const configuration = { ...shown.configuration, tokenIssuers: [...tokenIssuers, added] }
  await writeFile(file, JSON.stringify({ ...shown, configuration }))
  await mayfly('tenant', 'apply', '-f', file, '--yes')
  await mayfly('relying-party', 'add', ...tenant, '--name', 'gateway', '--secret-out', secretFile)
  return readFile(secretFile, 'utf8')
}

/** The SHA-256 of the first root. */
const anchorOf = async (url: string): Promise<string> => {
  const { roots } = (await (await fetch(`${url}/v1/contoso/trust.json`)).json()) as {
    readonly roots: readonly { readonly sha256: string }[]
  }
  return roots[0]?.sha256 ?? ''
}

/** Opens the world. It is this process that serves: nothing may block it. */
export const openSetupsWorld = async (): Promise<SetupsWorld> => {
  const stack = await startLocalStack()
  const { folder } = stack
  const provider = await startOidcProvider({
    claims,
    listen: async (server) => (await listen(server, 0)).port,
  })
  await writeFile(join(folder, 'deployment.json'), JSON.stringify(stack.deployment), { mode: 0o600 })
  const secret = await administer(folder, provider.issuer)
  const substitutes = {
    'https://mayfly.example.com': stack.url,
    'https://login.example.com': provider.issuer,
    ['0'.repeat(64)]: await anchorOf(stack.url),
  }
  const page = projectFile('docs/client-setups.md').split(/^## /m)
  return {
    blocksUnder: (heading) =>
      blocksIn('sh', page.find((section) => section.startsWith(`${heading}\n`)) ?? '').map((block) =>
        Object.entries(substitutes).reduce((text, [name, own]) => text.replaceAll(name, own), block),
      ),
    url: stack.url,
    token: () => stack.token(),
    secret,
    gateway: await makeGateway(folder),
    async [Symbol.asyncDispose]() {
      provider.server.close()
      provider.server.closeAllConnections()
      await stack.stop()
    },
  }
}
