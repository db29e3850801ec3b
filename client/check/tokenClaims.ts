import { jsonMember, parseJson } from '../../lib/json/parseJson.ts'
import { decodeBase64url } from '../../lib/text/decodeText.ts'
import { rfc3339 } from '../../lib/text/rfc3339.ts'
import { printable } from '../printable.ts'
import { type Found, ok, problem, warning } from './finding.ts'

/** What a token says of itself. Nobody verified it: the service does. Times are seconds since 1970. */
interface Claims {
  readonly iss: string | undefined
  readonly aud: readonly string[]
  readonly iat: number | undefined
  readonly nbf: number | undefined
  readonly exp: number | undefined
}

/** As old as a token may be where a tenant does not say otherwise. */
const usualAgeSeconds = 900
/** What clocks may differ by. */
const toleranceSeconds = 60

/** The last second that has a date (ECMA-262 section 21.4.1.1). */
const lastSecond = 8.64e12

const claimsIn = (token: string): Claims | undefined => {
  const [, content = '', ...rest] = token.split('.')
  const octets = rest.length === 1 ? decodeBase64url(content) : undefined
  if (!octets) return undefined
  try {
    const document = parseJson(octets, (why) => new Error(why))
    const numberOf = (name: string) => {
      const value = jsonMember(document, name)
      return typeof value === 'number' ? Math.max(-lastSecond, Math.min(value, lastSecond)) : undefined
    }
    const [iss, aud] = [jsonMember(document, 'iss'), jsonMember(document, 'aud')]
    return {
      iss: typeof iss === 'string' ? iss : undefined,
      aud: [aud].flat().filter((one) => typeof one === 'string'),
      iat: numberOf('iat'),
      nbf: numberOf('nbf'),
      exp: numberOf('exp'),
    }
  } catch {
    return undefined
  }
}

const at = (seconds: number): string => rfc3339(new Date(seconds * 1000))

/** How the next token comes to be a fresh one. */
const renewing =
  'Each renewal needs a token that was issued just before: whoever writes the file writes one in time; a command must ask for a new one, not print one out of a cache.'

/** Why the service will not take a token for its times; undefined where it may. */
const timeFault = ({ iat, nbf, exp }: Claims, now: number): Found | undefined => {
  if (exp !== undefined && exp <= now) return problem(`it has ended at ${at(exp)}`, renewing)
  const begins = Math.max(iat ?? 0, nbf ?? 0)
  if (begins > now + toleranceSeconds)
    return warning(
      `it begins at ${at(begins)}, which is still to come`,
      'Set the clock of this machine by NTP; where it is right, that of the issuer of the token is wrong.',
    )
  if (iat !== undefined && now - iat > usualAgeSeconds)
    return warning(
      `it was issued at ${at(iat)}: services take none that is older than ${usualAgeSeconds / 60} minutes, unless the tenant says otherwise`,
      renewing,
    )
  return undefined
}

/**
 * Looks at what a token says, without verifying it and without showing it: for whom it is, by whom, and from when until when.
 * @param now the time by the clock of this machine.
 */
export const tokenClaims = (token: string, now: Date): Found => {
  const claims = claimsIn(token)
  if (!claims)
    return problem(
      'it is no JWT, so that no service takes it',
      'Have the issuer give a JWT for the API of the service: an opaque token, or one of another kind, tells nothing.',
    )
  const { iss, aud, exp } = claims
  const fault = timeFault(claims, now.getTime() / 1000)
  const whose = `of ${iss === undefined ? 'no issuer' : printable(iss)} for ${printable(aud.join(', ')) || 'nobody'}`
  if (fault) return { ...fault, detail: `${whose}: ${fault.detail}` }
  return ok(`${whose}, ${exp === undefined ? 'without end' : `until ${at(exp)}`}`)
}
