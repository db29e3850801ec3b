import { encodePem } from '../x509/pem.ts'
import type { Authority } from './authority.ts'
import type { Generation, GenerationState } from './generation.ts'

/** The states whose certificates relying parties hold. */
const bundledStates = new Set<GenerationState>(['staged', 'active', 'retiring'])

const bundled = (authority: Authority, kind: Generation['kind']): readonly Generation[] =>
  authority.generations.filter(
    (generation) => generation.kind === kind && bundledStates.has(generation.state),
  )

/** RFC 3339 without fractions. */
const time = (date: Date) => date.toISOString().replace('.000', '')

const describe = ({ id, state, certificate, tbs, digest }: Generation) => ({
  id,
  state,
  notBefore: time(tbs.notBefore),
  notAfter: time(tbs.notAfter),
  sha256: digest,
  certificate: encodePem('CERTIFICATE', certificate),
})

/** The trust bundle as JSON: what a VPN server installs to accept the tenant's certificates. */
export const trustJson = (authority: Authority) => ({
  tenant: authority.tenant,
  roots: bundled(authority, 'root').map(describe),
  issuers: bundled(authority, 'issuer').map(describe),
})

const commented = (generation: Generation): string => {
  const { id, state, notAfter, sha256, certificate } = describe(generation)
  return `# ${id.replace('~', ' ')}, ${state}, until ${notAfter}\n# SHA-256 ${sha256}\n${certificate}`
}

/** The trust bundle as PEM with comments, roots first. */
export const trustPem = (authority: Authority): string =>
  [...bundled(authority, 'root'), ...bundled(authority, 'issuer')].map(commented).join('\n')
