import type { App } from '../lib/app.ts'
import { negotiate } from '../lib/http/negotiate.ts'
import { readEnrollment } from '../lib/http/readEnrollment.ts'
import { certificateFormats, certificateReply } from '../lib/http/replies.ts'
import { encodePem } from '../lib/x509/pem.ts'
import { register } from './register.ts'

/** Registers `POST /v1/{tenant}/certificates`: a compliance token and a CSR in, a certificate out. */
export const registerCertificates = ({ serve, enroll }: App): void => {
  const handler = serve(async (request) => {
    const format = negotiate(request, certificateFormats)
    const { created, entry, chain } = await enroll(await readEnrollment(request))
    const { certificate, renewalStart, renewalEnd, ...rest } = entry
    const reply = {
      ...rest,
      created,
      certificate: encodePem('CERTIFICATE', certificate),
      chain: chain.map((der) => encodePem('CERTIFICATE', der)),
      renewal: { start: renewalStart, end: renewalEnd },
    }
    return certificateReply(reply, format)
  })
  register('certificates', handler)
}
