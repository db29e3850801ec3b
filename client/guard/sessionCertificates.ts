import { randomUUID } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { encodePem, parsePemCertificates } from '../../lib/x509/pemBlock.ts'
import { readSessionCertificate } from './readSessionCertificate.ts'
import type { SessionCertificate } from './session.ts'

/** Keeps the certificates that sessions may have been opened with across restarts: a file a session, for its owner alone. */
export interface SessionCertificates {
  /** Those of a session; none for one that is not known. */
  read(mark: string): Promise<readonly SessionCertificate[]>
  /** Keeps those of a session, unless some are kept already. @throws {Error} of the file system */
  keep(mark: string, certificates: readonly SessionCertificate[]): Promise<void>
  /** Removes what is kept of others than these sessions. @throws {Error} of the file system */
  keepOnly(marks: readonly string[]): Promise<void>
}

/** The SPIs of an IKE_SA (RFC 7296 section 3.1), by which nothing else is called. */
const fileOf = (mark: string): string | undefined =>
  /^[\da-f]{1,16} [\da-f]{1,16}$/.test(mark) ? `${mark.replace(' ', '-')}.pem` : undefined

const certificatesIn = async (file: string): Promise<readonly SessionCertificate[]> => {
  try {
    const found = parsePemCertificates(await readFile(file, 'utf8'))
    return found.map(readSessionCertificate).filter((one) => one !== undefined)
  } catch {
    return []
  }
}

/** Opens what a folder keeps; it is made where it is missing. */
export const sessionCertificates = (folder: string): SessionCertificates => {
  let names: Set<string> | undefined
  // Drafts may be those of another process, which looks once while the agent does.
  const listed = async (): Promise<readonly string[]> =>
    (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('.pem'))
  const known = async (): Promise<Set<string>> => (names ??= new Set(await listed()))
  const write = async (name: string, pem: string): Promise<void> => {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    const draft = join(folder, `${name}.${randomUUID()}.tmp`)
    try {
      // Nothing waits for the disk: where power fails, sessions are over as well.
      await writeFile(draft, pem, { mode: 0o600 })
      await rename(draft, join(folder, name))
    } finally {
      await rm(draft, { force: true })
    }
  }
  return {
    async read(mark) {
      const name = fileOf(mark)
      const all = await known()
      if (name === undefined || !all.has(name)) return []
      const found = await certificatesIn(join(folder, name))
      // What cannot be read is as if it were not there.
      if (found.length === 0) all.delete(name)
      return found
    },
    async keep(mark, certificates) {
      const name = fileOf(mark)
      const all = await known()
      if (name === undefined || all.has(name)) return
      await write(name, certificates.map(({ der }) => encodePem('CERTIFICATE', der)).join(''))
      all.add(name)
    },
    async keepOnly(marks) {
      const kept = new Set(marks.map(fileOf))
      const all = await known()
      for (const name of [...all].filter((one) => !kept.has(one))) {
        await rm(join(folder, name), { force: true })
        all.delete(name)
      }
    },
  }
}
