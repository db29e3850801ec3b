import { negotiate } from '../lib/http/negotiate.ts'
import { readEnrollment } from '../lib/http/readEnrollment.ts'
import { certificateFormats, certificateReply } from '../lib/http/certificateReply.ts'
import type { MakeHandler } from './makeHandler.ts'

/** `POST /v1/{tenant}/certificates`: a compliance token and a CSR in, a certificate out. */
export const certificates: MakeHandler = ({ serve, enroll, clientIpOf }) =>
  serve(async (request, served) => {
    const format = negotiate(request, certificateFormats)
    const { created, entry, chain } = await enroll(readEnrollment(request, clientIpOf), served)
    const renewal = { start: entry.renewalStart, end: entry.renewalEnd }
    return certificateReply({ ...entry, created, chain, renewal }, format)
  })
