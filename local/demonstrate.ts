import { askDemoAttestation, askDemoPosture, askDemoToken, type DemoUser } from '../client/askDemoToken.ts'
import { demoClaims } from '../client/demoClaims.ts'
import { type ClientKey, keySha256, softwareKeys } from '../client/credential/clientKey.ts'
import { enroll } from '../client/enroll.ts'
import type { Deployment } from '../lib/deployment/deployment.ts'
import { Refusal } from '../lib/errors/refusal.ts'
import { readAuthorities } from '../lib/files/readInput.ts'
import { demoTenantId, woodgroveTenantId } from './demoTenants.ts'

/** A user who enrolls when the local host starts, and what to look at. */
export interface Demonstrated extends DemoUser {
  readonly who: string
  readonly tenant: string
  /** What the posture token says in the place of what is usual, where the user sends tokens about the device. */
  readonly facts?: Readonly<Record<string, unknown>>
}

/** Users whom the demo tenants' policies treat each in their own way. */
export const demonstrated: readonly Demonstrated[] = [
  { who: 'compliant device', tenant: demoTenantId, upn: 'ada@contoso.example', compliant: true },
  { who: 'non-compliant device', tenant: demoTenantId, upn: 'bob@contoso.example', compliant: false },
  {
    who: 'a contractor with a password alone',
    tenant: demoTenantId,
    upn: 'carol@contoso.example',
    compliant: true,
    claims: { [demoClaims.groups]: ['contractors'] },
  },
  {
    who: 'whose laptop is attested and encrypted',
    tenant: woodgroveTenantId,
    upn: 'ada@woodgrove.example',
    compliant: true,
    facts: {},
  },
  {
    who: 'whose laptop is not encrypted',
    tenant: woodgroveTenantId,
    upn: 'bob@woodgrove.example',
    compliant: true,
    facts: { systemDriveEncrypted: false },
  },
]

const time = (text: string) => text.slice(11, 19)

/** Gets the tokens about the device of a user, where they send some. */
const deviceTokens = async (deployment: Deployment, { upn, facts }: Demonstrated, key: ClientKey) =>
  facts && {
    posture: await askDemoPosture(deployment, { upn, facts }),
    attestation: await askDemoAttestation(deployment, { upn }, keySha256(key).toString('hex')),
  }

const tryEnrolling = async (deployment: Deployment, user: Demonstrated): Promise<string> => {
  const { url, caFile } = deployment.service
  const key = await softwareKeys().make()
  const certificate = await enroll({
    url,
    tenant: user.tenant,
    token: await askDemoToken(deployment, user),
    key,
    ca: caFile === undefined ? undefined : readAuthorities(caFile),
    ...(await deviceTokens(deployment, user, key)),
  })
  const { serialNumber, notBefore, notAfter } = certificate
  return `got certificate ${serialNumber}, valid ${time(notBefore)} to ${time(notAfter)} UTC`
}

/** Tells of a refusal in a line: what the client is to do where another sign-in or a setting of the device helps. */
const refused = ({ status, code, options: { signIn, failed } }: Refusal): string => {
  if (signIn) return `told to sign in anew, ${status} ${code}, acr_values=${signIn.acrValues.join(' ')}`
  const told = failed?.settings?.map(({ setting, remedy }) => `, ${setting}: ${remedy}`) ?? []
  return `refused, ${status} ${code}${told.join('')}`
}

/** Enrolls one user over HTTP with a fresh key, and says in a line what came of it. */
export const demonstrate = async (deployment: Deployment, user: Demonstrated): Promise<string> => {
  const told = `${user.upn}, ${user.who}`
  try {
    return `${told}: ${await tryEnrolling(deployment, user)}`
  } catch (error) {
    if (error instanceof Refusal) return `${told}: ${refused(error)}`
    throw error
  }
}
