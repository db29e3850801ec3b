import { createPublicKey, type JsonWebKey } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { keyVaultSigners } from '../../../lib/keys/keyVaultSigners.ts'
import { serveVault, type Vault } from '../../../local/serveVault.ts'
import { localServerIdentity } from '../../../local/serverIdentity.ts'
import { temporaryFolder } from '../../local/temporaryFolder.ts'
import { openssl } from '../../openssl.ts'

interface RecordedAnswer {
  readonly clientRequestId: string
  readonly status: number
  readonly requestId: string
}

interface Recorded {
  readonly key: JsonWebKey
  readonly name: string
  readonly version: string
  /** SHA-256, base64url. */
  readonly digest: string
  readonly unknown: RecordedAnswer & { readonly code: string; readonly challenge: string }
  readonly signed: RecordedAnswer & { readonly value: string }
}

const vectors = new URL('../../vectors/vault/sign-es256.json', import.meta.url)
const recorded = JSON.parse(await readFile(vectors, 'utf8')) as Recorded

/** Answers as Azure did. */
const recordedVault: Vault = ({ url, headers }) => {
  const { unknown, signed } = recorded
  if (headers.authorization === undefined)
    return Promise.resolve({
      status: unknown.status,
      headers: { 'www-authenticate': unknown.challenge, 'x-ms-request-id': unknown.requestId },
      body: { error: { code: unknown.code, message: 'AKV10000: Request is missing a Bearer or PoP token.' } },
    })
  const kid = `${url.origin}/keys/${recorded.name}/${recorded.version}`
  return Promise.resolve({
    status: signed.status,
    headers: { 'x-ms-request-id': signed.requestId },
    body: { kid, value: signed.value },
  })
}

it('the signer reads what Azure answered: a DER signature that openssl verifies, and the id of its log', async () => {
  const folder = await temporaryFolder()
  const tls = await localServerIdentity(join(folder, 'tls'), '127.0.0.1')
  const running = await serveVault(recordedVault, { port: 0, tls })
  try {
    const { host } = new URL(running.url)
    const credential = {
      getToken: () => Promise.resolve({ token: 't', expiresOnTimestamp: Date.now() + 3e6 }),
    }
    const signers = keyVaultSigners({ host, ca: await readFile(running.caFile, 'utf8'), credential })
    const key = await signers.open(`${running.url}/keys/${recorded.name}/${recorded.version}`, 'ES256')
    const told: string[] = []
    const { clientRequestId, requestId } = recorded.signed
    const signature = await key.probe(clientRequestId, {
      onLogged: (id) => told.push(id),
    })
    expect(told).toEqual([requestId])
    const [keyFile, signatureFile] = [join(folder, 'key.pem'), join(folder, 'signature')]
    const publicKey = createPublicKey({ key: recorded.key, format: 'jwk' })
    await writeFile(keyFile, publicKey.export({ format: 'pem', type: 'spki' }))
    await writeFile(signatureFile, signature)
    const judged = openssl(
      ['pkeyutl', '-verify', '-pubin', '-inkey', keyFile, '-sigfile', signatureFile],
      Buffer.from(recorded.digest, 'base64url'),
    )
    expect(judged.toString()).toContain('Signature Verified Successfully')
  } finally {
    await running.close()
  }
})
