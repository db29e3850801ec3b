import { join } from 'node:path'
import { writeBundle } from '../../client/restoreFiles.ts'
import { trustFiles } from '../../client/trustFiles.ts'
import { encodingsOf } from '../../lib/authority/publishedBundle.ts'
import { bundleFiles, digestsOf } from '../../lib/authority/storedBundle.ts'
import { anchorOption } from './anchorOption.ts'
import type { Command } from '../commandLine/command.ts'
import { openAuthority } from './openAuthority.ts'
import { checkOutputFolder } from '../commandLine/writeNewFile.ts'
import { requiredOption } from '../commandLine/requiredOption.ts'

export const authorityExport: Command = {
  name: 'authority export',
  summary: 'write the trust bundle to files',
  help: '--tenant TENANT\n--out FOLDER\n--anchor SHA256   a root to trust, where this machine knows none',
  options: { tenant: { type: 'string' }, out: { type: 'string' }, ...anchorOption },
  async run(context) {
    const folder = requiredOption(context.values, 'out')
    await checkOutputFolder('out', folder)
    const { bundle } = await openAuthority(context)
    const { tenant, sequence } = bundle
    const files = trustFiles(folder)
    await writeBundle(files, bundle)
    const sha256 = digestsOf(encodingsOf(bundle))
    const digests = bundleFiles.map((file) => `${sha256[file]}  ${join(folder, file)}`)
    const text = [`bundle ${sequence}`, ...digests, `one certificate a file: ${files.certificates}`].join(
      '\n',
    )
    return { text, json: { tenant, sequence, folder, sha256, certificates: files.certificates } }
  },
}
