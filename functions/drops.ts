import { dropsReplies } from '../lib/http/dropsReplies.ts'
import { readPartyCredential } from '../lib/http/readPartyCredential.ts'
import type { MakeHandler } from './makeHandler.ts'

/** `GET|HEAD /v1/{tenant}/drops`: whose sessions end, for relying parties. */
export const drops: MakeHandler = ({ serve, findDrops }) => {
  const reply = dropsReplies()
  return serve(async (request, served) => {
    const credential = readPartyCredential(request)
    const tenant = request.params['tenant'] ?? ''
    return reply(request, await findDrops({ tenant, ...credential }, served))
  })
}
