import { bundledCertificates } from '../lib/authority/trustBundle.ts'
import { Refusal } from '../lib/errors/refusal.ts'
import { publicationReply } from '../lib/http/publication.ts'
import { parseSha256 } from '../lib/text/parseSha256.ts'
import type { MakeHandler } from './makeHandler.ts'

const unknown = (why: string) =>
  new Refusal('certificate-unknown', `Cannot answer: the last part of the path ${why}.`)

/** `GET|HEAD /v1/{tenant}/trust/{sha256}.cer`: one certificate of the bundle, DER. */
export const trustCertificate: MakeHandler = ({ serve, tenants, authorities }) =>
  serve(async (request) => {
    const [, name = ''] = /^(.*)\.cer$/.exec(request.params['file'] ?? '') ?? []
    const sha256 = parseSha256(name)
    if (sha256 === undefined) throw unknown('is no SHA-256 in hex with .cer')
    const { tenant } = await tenants.resolve(request.params['tenant'] ?? '')
    const authority = await authorities.resolve(tenant)
    const found = bundledCertificates(authority).find(({ digest }) => digest === sha256)
    if (!found) throw unknown('names no certificate of the bundle')
    const { certificate: body, digest } = found
    const { issuedAt: lastModified } = authority.bundle
    const contentType = 'application/pkix-cert'
    return publicationReply(request, { contentType, body, sha256: digest, lastModified })
  })
