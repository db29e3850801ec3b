import type { BundleFile } from '../lib/authority/storedBundle.ts'
import { publicationReply } from '../lib/http/publication.ts'
import type { MakeHandler } from './makeHandler.ts'

/** `GET|HEAD /v1/{tenant}/trust.json|jws|pem|p7b`: one file of the trust bundle, made of what a root signed. */
export const trustFile =
  (file: BundleFile, contentType: string): MakeHandler =>
  ({ serve, findBundle }) =>
    serve(async (request, served) => {
      const bundle = await findBundle(request.params['tenant'] ?? '', served)
      const { encodings, digests, issuedAt: lastModified } = bundle
      return publicationReply(request, {
        contentType,
        body: encodings[file],
        sha256: digests[file],
        lastModified,
      })
    })
