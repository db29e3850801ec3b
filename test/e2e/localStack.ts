import { createPrivateKey, createPublicKey } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { calculateJwkThumbprint, exportJWK, type JWTPayload, SignJWT } from 'jose'
import { demoClaims } from '../../client/demoClaims.ts'
import { demoAudience, demoClient } from '../../local/signAccessToken.ts'
import { type Stack, startStack } from '../../local/stack.ts'

/** What `npm start` runs, in this process and on free ports, with tokens of any making. */
export interface LocalStack extends Stack {
  readonly url: string
  readonly folder: string
  /** Every line the functions logged. */
  readonly lines: string[]
  /** A token signed by the demo issuer's own key: good unless claims or header are overridden. */
  token(claims?: JWTPayload, header?: Record<string, string>): Promise<string>
  stop(): Promise<void>
}

/** Starts the local host's parts in a temporary folder. */
export const startLocalStack = async (): Promise<LocalStack> => {
  const folder = await mkdtemp(join(tmpdir(), 'mayfly-e2e-'))
  const stops: (() => Promise<void>)[] = []
  const lines: string[] = []
  const options = { host: '127.0.0.1', port: 0, tls: false, keys: 'local', folder } as const
  const stack = await startStack(
    options,
    ({ message }) => lines.push(message),
    (stop) => stops.push(stop),
  )
  const key = createPrivateKey(await readFile(join(folder, 'token-issuer.pem')))
  const kid = await calculateJwkThumbprint(await exportJWK(createPublicKey(key)))
  const issuer = stack.deployment.tokenIssuer?.url ?? ''
  return {
    ...stack,
    url: stack.deployment.service.url,
    folder,
    lines,
    token(claims = {}, header = {}) {
      const now = Math.floor(Date.now() / 1000)
      const good = {
        iss: issuer,
        aud: demoAudience,
        sub: 'ada',
        jti: crypto.randomUUID(),
        iat: now,
        exp: now + 600,
        client_id: demoClient,
        upn: 'ada@contoso.example',
        [demoClaims.compliant]: true,
        [demoClaims.groups]: [],
        [demoClaims.country]: 'NL',
      }
      return new SignJWT({ ...good, ...claims })
        .setProtectedHeader({ alg: 'RS256', kid, typ: 'at+jwt', ...header })
        .sign(key)
    },
    async stop() {
      for (const stop of stops.toReversed()) await stop()
      await rm(folder, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}
