import type { App } from '../lib/app.ts'
import type { BundleFile } from '../lib/authority/storedBundle.ts'
import { publicationReply } from '../lib/http/publication.ts'
import type { routes } from '../lib/http/routes.ts'
import { register } from './register.ts'

const files: readonly (readonly [keyof typeof routes, BundleFile, string])[] = [
  ['trustJson', 'trust.json', 'application/json'],
  ['trustJws', 'trust.jws', 'application/jose'],
  ['trustPem', 'trust.pem', 'application/x-pem-file'],
  ['trustPkcs7', 'trust.p7b', 'application/x-pkcs7-certificates'],
]

/** Registers `GET|HEAD /v1/{tenant}/trust.json|jws|pem|p7b`: the trust bundle as the CLI built and signed it. */
export const registerTrustFiles = ({ serve, tenants, authorities }: App): void => {
  for (const [name, file, contentType] of files) {
    const handler = serve(async (request) => {
      const { tenant } = await tenants.resolve(request.params['tenant'] ?? '')
      const { bundle } = await authorities.resolve(tenant)
      const { encodings, digests, issuedAt: lastModified } = bundle
      return publicationReply(request, {
        contentType,
        body: encodings[file],
        sha256: digests[file],
        lastModified,
      })
    })
    register(name, handler)
  }
}
