import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { replaceFile } from '../../client/replaceFile.ts'
import { bundleFiles } from '../../lib/authority/storedBundle.ts'
import { anchorOption } from '../anchorOption.ts'
import type { Command } from '../command.ts'
import { openAuthority } from '../openAuthority.ts'
import { checkOutputFolder } from '../outputOption.ts'
import { requiredOption } from '../requiredOption.ts'

export const authorityExport: Command = {
  name: 'authority export',
  summary: 'write the trust bundle to files',
  help: '--tenant TENANT\n--out FOLDER\n--anchor SHA256   a root to trust, where this machine knows none',
  options: { tenant: { type: 'string' }, out: { type: 'string' }, ...anchorOption },
  async run(context) {
    const folder = requiredOption(context.values, 'out')
    await checkOutputFolder('out', folder)
    const { authority } = await openAuthority(context)
    const { tenant, bundle } = authority
    await mkdir(folder, { recursive: true })
    for (const file of bundleFiles) await replaceFile(join(folder, file), bundle.encodings[file], 0o644)
    const digests = bundleFiles.map((file) => `${bundle.digests[file]}  ${join(folder, file)}`)
    const text = [`bundle ${bundle.sequence}`, ...digests].join('\n')
    return { text, json: { tenant, sequence: bundle.sequence, folder, sha256: bundle.digests } }
  },
}
