import { X509Certificate } from 'node:crypto'
import { encodePem } from '../../../lib/x509/pemBlock.ts'
import type { Credential } from './credential.ts'
import type { TunnelWorld } from './world.ts'

const domain = 'contoso.example'

/** Has another instance serve, which remembers nothing: one sees a change after half a minute. */
const anew = async ({ stop, serve }: TunnelWorld): Promise<void> => {
  await stop()
  await serve()
}

/** Publishes the next issuer beneath each root, which sign nothing yet: what servers fetch now is the bundle of before. */
export const stageNext = async (world: TunnelWorld): Promise<void> => {
  for (const root of ['root~0001', 'root~0002'])
    await world.mayfly('authority', 'stage-issuer', '--tenant', 'contoso', '--root', root)
  await anew(world)
}

const change = async (
  world: TunnelWorld,
  what: 'activate' | 'deactivate' | 'taint',
  generation: string,
): Promise<void> => {
  const consent = ['--force', '--yes', '--reason', 'a test']
  await world.mayfly('authority', what, '--tenant', 'contoso', '--generation', generation, ...consent)
}

/** Has the agent get a certificate, and holds it against what the authority is now. */
const enrollOne = async (world: TunnelWorld, name: string, issuer: RegExp): Promise<Credential> => {
  const [credential] = await world.enroll([{ name, upn: `${name}@${domain}` }])
  if (!credential) throw new Error(`${name} got none.`)
  const { issuer: found } = new X509Certificate(credential.leaf)
  if (!issuer.test(found)) throw new Error(`${name} got one of ${found}.`)
  return credential
}

/** What clients have that got their certificates while the authority rolled over. */
export interface RolledOver {
  readonly byNewIssuer: Credential
  readonly byNewRoot: Credential
}

/** Puts the second issuer to work in the place of the first, and then the second root with the third. */
export const rollOver = async (world: TunnelWorld): Promise<RolledOver> => {
  await change(world, 'activate', 'issuer~0002')
  await change(world, 'deactivate', 'issuer~0001')
  await anew(world)
  const { roots } = await world.bundle('contoso')
  const erin = await enrollOne(world, 'erin', /CN=VPN issuer 2 /)
  const byNewIssuer = { ...erin, roots: roots.map(({ der }) => encodePem('CERTIFICATE', der)) }
  await change(world, 'activate', 'root~0002')
  await change(world, 'activate', 'issuer~0003')
  await change(world, 'deactivate', 'issuer~0002')
  await anew(world)
  return { byNewIssuer, byNewRoot: await enrollOne(world, 'frank', /CN=VPN issuer 3 /) }
}

/** Distrusts the second issuer. */
export const taintIssuer = async (world: TunnelWorld): Promise<void> => {
  await change(world, 'taint', 'issuer~0002')
  await anew(world)
}
