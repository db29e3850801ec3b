import { Refusal } from '../../lib/errors/refusal.ts'
import type { TokenWanted } from './tokenSource.ts'

/** Tells why somebody has to sign in, where nobody is there to do it. */
export const interactionRequired = ({ challenge, signIn }: TokenWanted, hadSignIn: boolean): Refusal => {
  const before = hadSignIn ? 'the sign-in has ended' : 'nobody has signed in'
  const why = challenge || signIn ? 'the service asks for another sign-in' : before
  return new Refusal('interaction-required', `Cannot get a token: ${why}, and nobody is here to sign in.`)
}
