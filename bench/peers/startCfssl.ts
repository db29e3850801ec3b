import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { freePort } from '../../local/freePort.ts'
import type { LoadRequest } from '../../test/e2e/sendRequests.ts'
import type { RunningContender } from '../http/contender.ts'
import { benchCsr } from '../http/mayflyWorld.ts'
import { makePeerAuthority, type PeerAuthority } from './peerAuthority.ts'
import { startPeer } from './startPeer.ts'

/** The table of certificates as cfssl's own migrations make it, of which a package has none. */
const schema = `CREATE TABLE certificates (
  serial_number blob NOT NULL, authority_key_identifier blob NOT NULL, ca_label blob, status blob NOT NULL,
  reason int, expiry timestamp, revoked_at timestamp, pem blob NOT NULL,
  PRIMARY KEY(serial_number, authority_key_identifier))`

/** How sqlite keeps its journal: cfssl leaves it at `DELETE`, under which writers wait for each other, and `WAL` is kinder. */
export type Journal = 'DELETE' | 'WAL'

const databaseOf = async (authority: PeerAuthority, journal: Journal): Promise<readonly string[]> => {
  const file = join(authority.folder, 'certificates.db')
  using database = new DatabaseSync(file)
  database.exec(`PRAGMA journal_mode = ${journal}; ${schema}`)
  return ['-db-config', await authority.write('db.json', { driver: 'sqlite3', data_source: file })]
}

const requestOf = (): LoadRequest => ({
  path: '/api/v1/cfssl/sign',
  headers: { 'content-type': 'application/json' },
  body: Buffer.from(
    JSON.stringify({
      certificate_request: benchCsr,
      subject: { CN: `user-${randomUUID()}@contoso.example` },
    }),
  ),
})

/** Starts cfssl, which signs for everybody; with a journal it records what it signed. */
export const startCfssl = async (
  name: string,
  program: string,
  journal?: Journal,
): Promise<RunningContender> => {
  const authority = await makePeerAuthority()
  const usages = ['digital signature', 'client auth']
  const config = await authority.write('config.json', { signing: { default: { expiry: '1h', usages } } })
  const port = await freePort()
  const where = ['-address', '127.0.0.1', '-port', String(port)]
  const keys = ['-ca', authority.certificateFile, '-ca-key', authority.keyFile, '-config', config]
  const database = journal ? await databaseOf(authority, journal) : []
  const server = await startPeer(program, ['serve', ...where, ...keys, ...database], port)
  return {
    name,
    server,
    status: '200',
    makeRequests: (count) => Promise.resolve(Array.from({ length: count }, requestOf)),
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]()
      await authority[Symbol.asyncDispose]()
    },
  }
}
