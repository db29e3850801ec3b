import type { PublishedBundle } from '../lib/authority/publishedBundle.ts'
import { Refusal } from '../lib/errors/refusal.ts'
import { type Publication, publicationReply } from '../lib/http/publication.ts'
import { parseSha256 } from '../lib/text/parseUuid.ts'
import type { MakeHandler } from './makeHandler.ts'

type Found = Pick<Publication, 'contentType' | 'body' | 'sha256'>

const unknown = (why: string) =>
  new Refusal('certificate-unknown', `Cannot answer: the last part of the path ${why}.`)

/** Refuses a name that can be none before anything is read. */
const parseFile = (file: string) => {
  const [, name = '', kind] = /^(.*)\.(cer|jws)$/.exec(file) ?? []
  const sha256 = parseSha256(name)
  if (sha256 === undefined) throw unknown('is no SHA-256 in hex with .cer or .jws')
  return { sha256, kind }
}

const findCertificate = ({ certificates }: PublishedBundle, digest: string): Found => {
  const found = certificates.find(({ sha256 }) => sha256 === digest)
  if (found) return { contentType: 'application/pkix-cert', body: found.der, sha256: digest }
  throw unknown('names no certificate of the bundle')
}

const findSignature = ({ signatures }: PublishedBundle, digest: string): Found => {
  const found = signatures.get(digest)
  if (found) return { contentType: 'application/jose', ...found }
  throw unknown('names no root that signed the bundle')
}

/**
 * `GET|HEAD /v1/{tenant}/trust/{sha256}.cer`: one certificate of the bundle, DER; `trust/{sha256}.jws`: the bundle as
 * the root of this digest signed it.
 */
export const trustCertificate: MakeHandler = ({ serve, findBundle }) =>
  serve(async (request, served) => {
    const { sha256, kind } = parseFile(request.params['file'] ?? '')
    const bundle = await findBundle(request.params['tenant'] ?? '', served)
    const find = kind === 'jws' ? findSignature : findCertificate
    return publicationReply(request, { ...find(bundle, sha256), lastModified: bundle.issuedAt })
  })
