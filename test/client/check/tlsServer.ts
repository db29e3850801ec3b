import 'reflect-metadata'
import { webcrypto } from 'node:crypto'
import type { RequestListener } from 'node:http'
import { createServer } from 'node:https'
import {
  BasicConstraintsExtension,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from '@peculiar/x509'
import { listen } from '../serve.ts'

const day = 86_400_000
const algorithm = { name: 'ECDSA', namedCurve: 'P-256' }
const signingAlgorithm = { name: 'ECDSA', hash: 'SHA-256' }
const makeKeys = () => webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])

/** What the certificate of a server says. */
export interface TlsServer {
  /** The distinguished name of its authority. */
  readonly issuer?: string
  /** The DNS name that it is for. */
  readonly name?: string
  /** In days from now. */
  readonly from?: number
  readonly until?: number
}

/** Starts a https server on this machine, until the test ends, whose authority nobody knows. */
export const startTlsServer = async (
  { issuer = 'CN=Contoso CA', name = 'localhost', from = -2, until = 60 }: TlsServer,
  answer: RequestListener,
) => {
  const [authorityKeys, keys] = [await makeKeys(), await makeKeys()]
  const timeOf = (days: number) => new Date(Date.now() + days * day)
  const authority = await X509CertificateGenerator.createSelfSigned(
    {
      name: issuer,
      keys: authorityKeys,
      signingAlgorithm,
      notBefore: timeOf(-700),
      notAfter: timeOf(700),
      extensions: [new BasicConstraintsExtension(true)],
    },
    webcrypto,
  )
  const certificate = await X509CertificateGenerator.create(
    {
      issuer,
      subject: `CN=${name}`,
      signingKey: authorityKeys.privateKey,
      publicKey: keys.publicKey,
      signingAlgorithm,
      notBefore: timeOf(from),
      notAfter: timeOf(until),
      extensions: [new SubjectAlternativeNameExtension([{ type: 'dns', value: name }])],
    },
    webcrypto,
  )
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64')
  const key = `-----BEGIN PRIVATE KEY-----\n${pkcs8}\n-----END PRIVATE KEY-----\n`
  const ca = authority.toString('pem')
  const port = await listen(createServer({ key, cert: `${certificate.toString('pem')}\n${ca}` }, answer))
  return { url: `https://localhost:${port}`, port, ca, certificate: certificate.toString('pem') }
}
