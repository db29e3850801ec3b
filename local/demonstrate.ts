import { generateKeyPairSync } from 'node:crypto'
import { askDemoToken, type DemoUser } from '../client/askDemoToken.ts'
import type { Deployment } from '../lib/deployment/deployment.ts'
import { readAuthorities } from '../lib/files/readInput.ts'
import { enroll } from '../client/enroll.ts'
import { Refusal } from '../lib/errors/refusal.ts'
import { demoTenantId } from './makeDemoTenant.ts'

const time = (text: string) => text.slice(11, 19)

const tryEnrolling = async (deployment: Deployment, user: DemoUser): Promise<string> => {
  const { url, caFile } = deployment.service
  const certificate = await enroll({
    url,
    tenant: demoTenantId,
    token: await askDemoToken(deployment, user),
    privateKey: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey,
    ca: caFile === undefined ? undefined : readAuthorities(caFile),
  })
  const { serialNumber, notBefore, notAfter } = certificate
  return `got certificate ${serialNumber}, valid ${time(notBefore)} to ${time(notAfter)} UTC`
}

/** Enrolls one user over HTTP with a fresh key, and says in a line what came of it. */
export const demonstrate = async (deployment: Deployment, user: DemoUser): Promise<string> => {
  const who = `${user.upn}, ${user.compliant ? 'compliant' : 'non-compliant'} device`
  try {
    return `${who}: ${await tryEnrolling(deployment, user)}`
  } catch (error) {
    if (error instanceof Refusal) return `${who}: refused, ${error.status} ${error.code}`
    throw error
  }
}
