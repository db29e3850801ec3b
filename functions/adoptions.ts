import { readAdoption } from '../lib/http/readAdoption.ts'
import { adoptionReply } from '../lib/http/certificateReply.ts'
import type { MakeHandler } from './makeHandler.ts'

/** `POST /v1/{tenant}/adoptions`: a relying party tells which bundle it installed. */
export const adoptions: MakeHandler = ({ serve, adopt }) =>
  serve(async (request, served) => adoptionReply(await adopt(readAdoption(request), served)))
