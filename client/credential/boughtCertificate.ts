import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { replaceFile } from '../../lib/files/replaceFile.ts'
import { type ClientCertificate, keptReply } from '../clientCertificate.ts'
import type { Settling } from './credentialStore.ts'

/**
 * Puts a certificate into use. Whatever it does may have been done before: it goes on from wherever a crash ended it.
 * @returns whether its key was there.
 */
type PutIntoUse = (certificate: ClientCertificate) => Promise<boolean>

/** Undefined where there is none. */
const read = async (file: string): Promise<string | undefined> =>
  readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })

/** Undefined for what is no certificate, or one of the past. */
const parse = (text: string, now: Date): ClientCertificate | undefined => {
  try {
    const certificate = keptReply(JSON.parse(text))
    return Date.parse(certificate.notAfter) > now.getTime() ? certificate : undefined
  } catch {
    return undefined
  }
}

/** The certificate that a folder gets: it is on disk until it is in use, so that no crash costs another token. */
export const boughtCertificate = (folder: string) => {
  const file = join(folder, 'bought.json')
  return {
    async accept(certificate: ClientCertificate, putIntoUse: PutIntoUse): Promise<void> {
      await replaceFile(file, `${JSON.stringify(certificate, undefined, 2)}\n`, 0o600)
      if (!(await putIntoUse(certificate))) throw new Error('the key of the certificate is gone')
      await rm(file, { force: true })
    },
    /** Goes on where accept() was ended. What is of no use any more is forgotten. */
    async settle(
      { now, exclusively }: Settling,
      putIntoUse: PutIntoUse,
    ): Promise<ClientCertificate | undefined> {
      if ((await read(file)) === undefined) return undefined
      return exclusively(async () => {
        const certificate = parse((await read(file)) ?? '', now)
        const isInUse = certificate !== undefined && (await putIntoUse(certificate))
        await rm(file, { force: true })
        return isInUse ? certificate : undefined
      })
    },
  }
}
