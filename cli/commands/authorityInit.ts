import { randomBytes, randomUUID } from 'node:crypto'
import type { Generation } from '../../lib/authority/generation.ts'
import { initAuthority } from '../../lib/authority/initAuthority.ts'
import type { Command } from '../command.ts'
import { requiredOption } from '../requiredOption.ts'
import { resolveTenant } from '../resolveTenant.ts'
import { formatFields, formatTime } from '../text.ts'

const describe = (generation: Generation, now: Date): string =>
  formatFields([
    [generation.id.replace('~', ' '), generation.state],
    ['  until', formatTime(generation.tbs.notAfter, now)],
    ['  key', `${generation.algorithm}, ${generation.keyReference}`],
    ['  SHA-256', generation.digest],
  ])

const toJson = ({ id, kind, state, algorithm, keyReference, digest, tbs }: Generation) => ({
  id,
  kind,
  state,
  algorithm,
  keyReference,
  sha256: digest,
  notBefore: tbs.notBefore.toISOString(),
  notAfter: tbs.notAfter.toISOString(),
})

export const authorityInit: Command = {
  name: 'authority init',
  summary: "make a tenant's first root and issuer, unless it has them",
  help: '--tenant TENANT',
  options: { tenant: { type: 'string' } },
  async run({ values, deployment, openTables, openKeys, now }) {
    const id = requiredOption(values, 'tenant')
    const target = await deployment()
    const tables = openTables(target)
    const tenant = await resolveTenant(tables, id)
    const ceremony = { tables, keys: openKeys(target), now: now(), random: randomBytes, uuid: randomUUID }
    const { authority, created } = await initAuthority(tenant, ceremony)
    const { generations } = authority
    const heading = `${tenant.tenant}: its authority ${created ? 'was made' : 'exists already'}`
    return {
      text: [heading, ...generations.map((generation) => describe(generation, now()))].join('\n\n'),
      json: { tenant: tenant.tenant, created, generations: generations.map(toJson) },
    }
  },
}
