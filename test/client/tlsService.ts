import 'reflect-metadata'
import { webcrypto } from 'node:crypto'
import { createServer } from 'node:https'
import { SubjectAlternativeNameExtension, X509CertificateGenerator } from '@peculiar/x509'
import { answering, listen, type Received } from './serve.ts'

/** Milliseconds. */
export const day = 86_400_000
const keys = await webcrypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, [
  'sign',
  'verify',
])
const key = `-----BEGIN PRIVATE KEY-----\n${Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64')}\n-----END PRIVATE KEY-----\n`

/** A server certificate that signs itself. */
export const certificateFor = async (name: string, from = -day, until = day): Promise<string> => {
  const certificate = await X509CertificateGenerator.createSelfSigned(
    {
      name: 'CN=service',
      keys,
      signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
      notBefore: new Date(Date.now() + from),
      notAfter: new Date(Date.now() + until),
      extensions: [new SubjectAlternativeNameExtension([{ type: 'dns', value: name }])],
    },
    webcrypto,
  )
  return certificate.toString('pem')
}

/** A https service under the certificate. @returns its port, and what it received. */
export const startService = async (cert: string) => {
  const received: Received[] = []
  const server = createServer(
    { key, cert },
    answering(() => ({ body: { safe: true } }), received),
  )
  return { port: await listen(server), received }
}
