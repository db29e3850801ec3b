import { randomBytes, randomUUID } from 'node:crypto'
import { createServer as createHttpServer, request as requestHttp, type RequestListener } from 'node:http'
import { createServer as createHttpsServer, type ServerOptions } from 'node:https'
import { join } from 'node:path'
import { initTrusted } from '../../../lib/authority/trusted/changeTrusted.ts'
import type { LocalDeployment } from '../../../lib/deployment/deployment.ts'
import { openKeys } from '../../../lib/deployment/openKeys.ts'
import { openTables } from '../../../lib/store/openTables.ts'
import type { StoredRow } from '../../../lib/store/tables.ts'
import { listen } from '../../client/serve.ts'
import { startLocalStack } from '../../e2e/localStack.ts'
import { genericTrust, type Members, tenantDocument } from '../../tenants.ts'
import { applyDocument, tester } from '../../world.ts'
import { anchorsBeside, runCommand } from '../runCommand.ts'
import { type ExpectedFindings, expectFindings, findingsOf } from './expectFindings.ts'

/** How a deployment is examined: another tenant than contoso, or with other parts. */
interface Examined extends Partial<LocalDeployment> {
  readonly tenant?: string
  /** Whether there may be more that is not ok than is expected. */
  readonly more?: boolean
}

/** How a tenant is made: with these token issuers instead of the demo's, other members, at another time. */
interface TenantOptions {
  readonly trusts?: readonly Members[]
  readonly changes?: Members
  readonly madeAt?: Date
}

/** A local deployment to be spoilt and examined. */
export type DoctorWorld = Awaited<ReturnType<typeof startDoctorWorld>>

export const startDoctorWorld = async () => {
  const stack = await startLocalStack()
  const { deployment } = stack
  const tables = openTables({ kind: 'connectionString', ...deployment.tables })
  const run = (words: string, changes: Partial<LocalDeployment> = {}) =>
    runCommand(words.split(' '), { ...deployment, ...changes }, { now: () => new Date() })
  const diagnose = async (words = '', changes: Partial<LocalDeployment> = {}) => {
    const command = `doctor --deployment ${join(stack.folder, 'local.json')} ${words}`
    const outcome = await run(command.trim(), changes)
    return { ...outcome, findings: findingsOf(outcome) }
  }
  return {
    stack,
    tables,
    run,
    diagnose,
    async finds(expected: ExpectedFindings, { tenant = 'contoso', more = false, ...changes }: Examined = {}) {
      const diagnosis = await diagnose(`--tenant ${tenant}`, changes)
      expectFindings(diagnosis.findings, expected, { more })
      return diagnosis
    },
    /** Makes a tenant of this name with an authority. */
    async makeTenant(tenant: string, { trusts, changes, madeAt = new Date() }: TenantOptions = {}) {
      const issuer = { url: deployment.tokenIssuer?.url ?? '', audience: `api://${tenant}` }
      const document = tenantDocument(tenant, trusts ?? [genericTrust(issuer)], changes)
      const revision = await applyDocument(tables, document, madeAt)
      const rootKeys = openKeys(deployment, { kind: 'root' })
      const issuerKeys = openKeys(deployment, { kind: 'issuer' })
      const chance = { random: (octets: number) => randomBytes(octets), uuid: randomUUID }
      const trust = { store: anchorsBeside(deployment), anchors: [] }
      // Not by the command, which would make the daily tables of that time.
      await initTrusted(revision, trust, { tables, rootKeys, issuerKeys, ...chance, ...tester(madeAt) })
    },
    /** Writes over the values of the first row that is to be changed, as somebody who can write to the tables would. */
    async tamper(
      table: string,
      partition: string,
      change: (row: StoredRow) => StoredRow['values'] | undefined,
    ) {
      for (const row of await tables.list(table, partition)) {
        const values = change(row)
        if (!values) continue
        const write = { kind: 'replace', row: { ...row, values }, etag: row.etag } as const
        if (await tables.transact(table, [write])) return
      }
      throw new Error('There is nothing to tamper with.')
    },
    [Symbol.asyncDispose]: () => stack.stop(),
  }
}

/** Publication windows of nothing: what is staged may be activated at once. */
export const hurried: Members = { authority: { publicationWindowSeconds: 0 } }

/** Alters the answers of the service behind a proxy. */
interface Alteration {
  /** Answers in place of the service; undefined lets the request through. */
  readonly answer?: (path: string) => { status: number; body: string } | undefined
  readonly headers?: Readonly<Record<string, string>>
  readonly tls?: ServerOptions
}

/** Puts a proxy before a service until the test ends. @returns its URL. */
export const startProxy = async (
  target: string,
  { answer, headers = {}, tls }: Alteration,
): Promise<string> => {
  const forward: RequestListener = (incoming, outgoing) => {
    const own = answer?.(incoming.url ?? '')
    if (own) return void outgoing.writeHead(own.status, headers).end(own.body)
    const { method = '', headers: sent } = incoming
    const onward = requestHttp(new URL(incoming.url ?? '', target), { method, headers: sent }, (reply) => {
      outgoing.writeHead(reply.statusCode ?? 502, { ...reply.headers, ...headers })
      reply.pipe(outgoing)
    })
    onward.on('error', () => outgoing.destroy())
    incoming.pipe(onward)
  }
  const server = tls ? createHttpsServer(tls, forward) : createHttpServer(forward)
  return `${tls ? 'https' : 'http'}://127.0.0.1:${await listen(server)}`
}
