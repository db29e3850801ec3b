import { dirname, resolve } from 'node:path'
import * as z from 'zod'
import { withOpenFile } from '../../lib/files/withOpenFile.ts'
import { mostConfigurationOctets } from '../agent/readConfigurationText.ts'
import { parseToml } from '../agent/parseToml.ts'
import { profileText } from './profileText.ts'

const tunnel = z
  .object({ 'exclusion-lists': z.array(profileText.list) })
  .optional()
  .catch(undefined)

/** As much of a vpn.toml as names files, whatever else is wrong with it. */
const naming = z.object({
  server: z.object({ ca: z.string() }).optional().catch(undefined),
  tunnels: z.record(z.string(), tunnel).catch({}),
})

const textOf = (file: string, signal: AbortSignal): Promise<string> =>
  withOpenFile(file, async (opened, status) =>
    status.isFile() && status.size <= mostConfigurationOctets
      ? opened.readFile({ encoding: 'utf8', signal })
      : '',
  ).catch(() => '')

/** Lists the other files that a vpn.toml names, as far as it can be read: the roots of the server, and lists of networks. */
export const namedFiles = async (file: string, signal: AbortSignal): Promise<readonly string[]> => {
  const toml = parseToml(await textOf(file, signal))
  const { data } = naming.safeParse(toml.kind === 'document' ? toml.document : {})
  const lists = Object.values(data?.tunnels ?? {}).flatMap((one) => one?.['exclusion-lists'] ?? [])
  const names = [data?.server?.ca ?? [], ...lists.map((list) => (list.kind === 'file' ? list.file : []))]
  return [...new Set(names.flat())].map((name) => resolve(dirname(resolve(file)), name))
}
