import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openssl } from '../../test/openssl.ts'

/** A P-256 authority in files, as other programs want it. */
export interface PeerAuthority extends AsyncDisposable {
  /** For what the program keeps beside them. */
  readonly folder: string
  readonly keyFile: string
  readonly certificateFile: string
  /** Writes a file into the folder. @returns its path. */
  write(name: string, content: unknown): Promise<string>
}

/** Makes one in a folder of its own, which goes with it. */
export const makePeerAuthority = async (): Promise<PeerAuthority> => {
  const folder = await mkdtemp(join(tmpdir(), 'mayfly-peer-'))
  const [keyFile, certificateFile] = [join(folder, 'ca.key'), join(folder, 'ca.pem')]
  openssl(['ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', keyFile])
  openssl([
    'req',
    '-x509',
    '-new',
    '-key',
    keyFile,
    '-subj',
    '/CN=Bench CA',
    '-days',
    '2',
    '-out',
    certificateFile,
  ])
  return {
    folder,
    keyFile,
    certificateFile,
    async write(name, content) {
      const file = join(folder, name)
      await writeFile(file, JSON.stringify(content))
      return file
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  }
}
