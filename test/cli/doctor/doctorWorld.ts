import { randomBytes, randomUUID } from 'node:crypto'
import { createServer as createHttpServer, request as requestHttp, type RequestListener } from 'node:http'
import { createServer as createHttpsServer, type ServerOptions } from 'node:https'
import { join } from 'node:path'
import { expect } from 'vitest'
import { openKeys } from '../../../lib/deployment/openKeys.ts'
import type { LocalDeployment } from '../../../lib/deployment/deployment.ts'
import type { FindingId, Status } from '../../../cli/doctor/finding.ts'
import { initTrusted } from '../../../lib/authority/trusted/changeTrusted.ts'
import { openTables } from '../../../lib/store/openTables.ts'
import type { StoredRow, Tables } from '../../../lib/store/tables.ts'
import type { Configuration } from '../../../lib/tenant/configuration.ts'
import { listen } from '../../client/serve.ts'
import { type LocalStack, startLocalStack } from '../../e2e/localStack.ts'
import { genericTrust, type Members, tenantDocument } from '../../tenants.ts'
import { applyDocument, tester } from '../../world.ts'
import { anchorsBeside, runCommand } from '../runCommand.ts'
import { tooWide } from '../withAuthority.ts'

/** A finding as `--json` tells it. */
export interface ToldFinding {
  readonly id: FindingId
  readonly area: string
  readonly status: Status
  readonly tenant: string | null
  readonly subject: string | null
  readonly detail: string
  readonly remedy: string | null
}

/** What `mayfly doctor` said. */
export interface Diagnosis {
  readonly findings: readonly ToldFinding[]
  /** Everything but what is well, as `id status`, sorted. */
  readonly trouble: readonly string[]
  readonly text: string
  readonly exitCode: number | undefined
  /** The one finding of this id. */
  readonly finding: (id: FindingId) => ToldFinding
}

/** A local deployment to be spoilt and examined. */
export interface DoctorWorld extends AsyncDisposable {
  readonly stack: LocalStack
  readonly tables: Tables
  /** Runs `mayfly doctor`, on the deployment as it is or with another part. */
  diagnose(words?: string, changes?: Partial<LocalDeployment>): Promise<Diagnosis>
  /** Makes a tenant of this name with an authority, which may be of another day. */
  makeTenant(tenant: string, options?: { document?: Members; madeAt?: Date }): Promise<void>
  /** Runs another command. */
  run(words: string): Promise<unknown>
  /** Writes over a value of a row, as somebody who can write to the tables would. */
  tamper(
    table: string,
    partition: string,
    change: (row: StoredRow) => StoredRow['values'] | undefined,
  ): Promise<void>
}

/** Every remedy says something, and every line fits. */
const checkManners = (findings: readonly ToldFinding[], text: string): void => {
  for (const { status, remedy } of findings)
    if (status === 'ok') expect(remedy).toBeNull()
    else expect(remedy).toMatch(/^\S.{5}/)
  expect(tooWide(text)).toEqual([])
}

/** Starts a local deployment. */
export const startDoctorWorld = async (): Promise<DoctorWorld> => {
  const stack = await startLocalStack()
  const { deployment } = stack
  const tables = openTables({ kind: 'connectionString', ...deployment.tables })
  const issuer = { url: deployment.tokenIssuer?.url ?? '', audience: 'api://mayfly' }
  const run = (words: string, changes: Partial<LocalDeployment> = {}) =>
    runCommand(words.split(' '), { ...deployment, ...changes }, { now: () => new Date() })
  return {
    stack,
    tables,
    run,
    async diagnose(words = '', changes = {}) {
      const file = join(stack.folder, 'local.json')
      const command = `doctor --deployment ${file}${words === '' ? '' : ` ${words}`}`
      const { json, text, exitCode } = await run(command, changes)
      const { findings } = json as { readonly findings: readonly ToldFinding[] }
      checkManners(findings, text)
      return {
        findings,
        trouble: findings
          .filter(({ status }) => status !== 'ok')
          .map(({ id, status }) => `${id} ${status}`)
          .toSorted(),
        text,
        exitCode,
        finding(id) {
          const [found, ...more] = findings.filter((finding) => finding.id === id)
          if (found && more.length === 0) return found
          throw new Error(`There are ${more.length + (found ? 1 : 0)} findings ${id}.`)
        },
      }
    },
    async makeTenant(tenant, { document, madeAt = new Date() } = {}) {
      const own = { ...issuer, audience: `api://${tenant}` }
      const written = document ?? tenantDocument(tenant, [genericTrust(own)])
      const revision = await applyDocument(tables, written, madeAt)
      const keys = {
        rootKeys: openKeys(deployment, { kind: 'root' }),
        issuerKeys: openKeys(deployment, { kind: 'issuer' }),
      }
      const chance = { random: (octets: number) => randomBytes(octets), uuid: randomUUID }
      const trust = { store: anchorsBeside(deployment), anchors: [] }
      await initTrusted(revision, trust, { tables, ...keys, ...chance, ...tester(madeAt) })
    },
    async tamper(table, partition, change) {
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
export const hurried: Members = {
  authority: { publicationWindowSeconds: 0 } satisfies Partial<Configuration['authority']>,
}

/** What a proxy does to the answers of the service behind it. */
export interface Alteration {
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
