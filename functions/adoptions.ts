import type { App } from '../lib/app.ts'
import { readAdoption } from '../lib/http/readAdoption.ts'
import { adoptionReply } from '../lib/http/replies.ts'
import { register } from './register.ts'

/** Registers `POST /v1/{tenant}/adoptions`: a relying party tells which bundle it installed. */
export const registerAdoptions = ({ serve, adopt }: App): void => {
  const handler = serve(async (request) => adoptionReply(await adopt(await readAdoption(request))))
  register('adoptions', handler)
}
