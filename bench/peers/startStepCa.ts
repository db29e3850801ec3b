import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { freePort } from '../../local/freePort.ts'
import type { LoadRequest } from '../../test/e2e/sendRequests.ts'
import { genericTestIssuer, makeTokenKey, type TestIssuer } from '../../test/tokens.ts'
import type { RunningContender } from '../http/contender.ts'
import { benchCsr } from '../http/mayflyWorld.ts'
import { makePeerAuthority, type PeerAuthority } from './peerAuthority.ts'
import { startPeer } from './startPeer.ts'

/** What step-ca calls itself in the tokens for it. */
const dnsName = 'ca.contoso.example'

const requestOf = async (issuer: TestIssuer): Promise<LoadRequest> => {
  const user = `user-${randomUUID()}`
  const ott = await issuer.token({ claims: { sub: user, sans: [user] } })
  return {
    path: '/sign',
    headers: { 'content-type': 'application/json' },
    body: Buffer.from(JSON.stringify({ csr: benchCsr, ott })),
  }
}

const configOf = (
  { folder, certificateFile, keyFile }: PeerAuthority,
  { url, key, audience }: TestIssuer,
) => ({
  root: certificateFile,
  crt: certificateFile,
  key: keyFile,
  address: audience,
  dnsNames: [dnsName],
  db: { type: 'badgerv2', dataSource: join(folder, 'db') },
  authority: {
    provisioners: [{ type: 'JWK', name: url, key: key.jwk, claims: { defaultTLSCertDuration: '1h' } }],
  },
})

/** Starts step-ca with its database, which takes RS256 tokens, each of them once. */
export const startStepCa = async (name: string, program: string): Promise<RunningContender> => {
  const authority = await makePeerAuthority()
  const issuer = await genericTestIssuer('bench', {
    now: () => new Date(),
    audience: `https://${dnsName}/1.0/sign`,
    key: await makeTokenKey('RS256'),
  })
  const config = await authority.write('ca.json', configOf(authority, issuer))
  const port = await freePort()
  const server = await startPeer(program, [config, `127.0.0.1:${port}`], port)
  return {
    name,
    server,
    status: '201',
    makeRequests: (count) => Promise.all(Array.from({ length: count }, () => requestOf(issuer))),
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]()
      await authority[Symbol.asyncDispose]()
    },
  }
}
