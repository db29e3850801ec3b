import { Refusal } from '../../lib/errors/refusal.ts'

/** Parses the redirect URI of a client. @throws {Refusal} `usage-wrong` unless it leads to this machine */
export const parseRedirectUri = (text: string): URL => {
  const uri = URL.canParse(text) ? new URL(text) : undefined
  const isHere = uri?.protocol === 'http:' && /^(?:localhost|127\.0\.0\.1)$/.test(uri.hostname)
  if (isHere && uri.search === '' && uri.hash === '' && uri.username === '') return uri
  throw new Refusal(
    'usage-wrong',
    `Cannot use the redirect URI ${text}: it must be of http://127.0.0.1 or http://localhost, without query.`,
  )
}
