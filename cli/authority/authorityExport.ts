import { join } from 'node:path'
import { writeBundle } from '../../client/restoreFiles.ts'
import { trustFiles } from '../../client/trustFiles.ts'
import { encodingsOf } from '../../lib/authority/publishedBundle.ts'
import { bundleFiles, digestsOf } from '../../lib/authority/storedBundle.ts'
import { command } from '../commandLine/command.ts'
import { required, text } from '../commandLine/option.ts'
import { openAuthority, viewOptions } from './openAuthority.ts'
import { checkOutputFolder } from '../commandLine/writeNewFile.ts'

export const authorityExport = command({
  name: 'authority export',
  summary: 'write the trust bundle to files',
  options: { ...viewOptions, out: required(text('FOLDER', 'gets the files')) },
  async run(options, context) {
    const { out: folder } = options
    await checkOutputFolder('out', folder)
    const { bundle } = await openAuthority(options, context)
    const { tenant, sequence } = bundle
    const files = trustFiles(folder)
    const { certificates } = files
    await writeBundle(files, bundle)
    const sha256 = digestsOf(encodingsOf(bundle))
    const digests = bundleFiles.map((file) => `${sha256[file]}  ${join(folder, file)}`)
    const lines = [`bundle ${sequence}`, ...digests, `one certificate a file: ${certificates}`]
    return { text: lines.join('\n'), json: { tenant, sequence, folder, sha256, certificates } }
  },
})
