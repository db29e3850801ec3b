import type { BundleFile } from '../lib/authority/storedBundle.ts'
import { publicationReply } from '../lib/http/publication.ts'
import type { MakeHandler } from './makeHandler.ts'

/** `GET|HEAD /v1/{tenant}/trust.json|jws|pem|p7b`: one file of the trust bundle, made of what a root signed. */
export const trustFile =
  (file: BundleFile, contentType: string): MakeHandler =>
  ({ serve, tenants, authorities }) =>
    serve(async (request) => {
      const { tenant } = await tenants.resolve(request.params['tenant'] ?? '')
      const { encodings, digests, issuedAt: lastModified } = await authorities.resolveBundle(tenant)
      return publicationReply(request, {
        contentType,
        body: encodings[file],
        sha256: digests[file],
        lastModified,
      })
    })
