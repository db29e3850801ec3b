import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { encodePem, parsePemCertificates } from '../../lib/x509/pemBlock.ts'
import { readSessionCertificate } from './readSessionCertificate.ts'
import type { SessionCertificate } from './session.ts'

/** Keeps the certificates that sessions may have been opened with across restarts: a file a session, for its owner alone. */
export interface SessionCertificates {
  /** Those of a session; none for one that is not known. */
  read(mark: string): Promise<readonly SessionCertificate[]>
  /** @throws {Error} of the file system */
  write(mark: string, certificates: readonly SessionCertificate[]): Promise<void>
  /** Removes what is kept of others than these sessions. @throws {Error} of the file system */
  keepOnly(marks: readonly string[]): Promise<void>
}

/** The SPIs of an IKE_SA (RFC 7296 section 3.1), by which nothing else is called. */
const fileOf = (mark: string): string | undefined =>
  /^[\da-f]{1,16} [\da-f]{1,16}$/.test(mark) ? `${mark.replace(' ', '-')}.pem` : undefined

/** Opens what a folder keeps; it is made where it is missing. */
export const sessionCertificates = (folder: string): SessionCertificates => {
  let names: Set<string> | undefined
  const known = async (): Promise<Set<string>> => (names ??= new Set(await readdir(folder).catch(() => [])))
  return {
    async read(mark) {
      const name = fileOf(mark)
      if (name === undefined || !(await known()).has(name)) return []
      try {
        const found = parsePemCertificates(await readFile(join(folder, name), 'utf8'))
        return found.map(readSessionCertificate).filter((one) => one !== undefined)
      } catch {
        // What cannot be read is as if it were not there.
        return []
      }
    },
    async write(mark, certificates) {
      const name = fileOf(mark)
      if (name === undefined) return
      await mkdir(folder, { recursive: true, mode: 0o700 })
      const pem = certificates.map(({ der }) => encodePem('CERTIFICATE', der)).join('')
      const draft = join(folder, `${name}.tmp`)
      // Nothing waits for the disk: where power fails, sessions are over as well.
      await writeFile(draft, pem, { mode: 0o600 })
      await rename(draft, join(folder, name))
      ;(await known()).add(name)
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
