import { exec } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { credentialFolder } from '../../client/credentialFolder.ts'
import { enroll as enrollClient } from '../../client/enroll.ts'
import { fetchTrust } from '../../client/fetchTrust.ts'
import { restoreFile } from '../../client/restoreFiles.ts'
import { rootsPem } from '../../lib/bundle/bundleFolder.ts'
import { Refusal } from '../../lib/errors/refusal.ts'
import { anchorOption, readAnchors } from '../authority/anchorOption.ts'
import { type ChosenService, chooseService } from './chooseService.ts'
import type { Command, CommandContext } from '../commandLine/command.ts'
import { readInput } from '../../lib/files/readInput.ts'
import { checkOutputFolder } from '../commandLine/writeNewFile.ts'
import { optionalOption, requiredOption } from '../commandLine/requiredOption.ts'
import { formatFields, formatTime } from '../commandLine/formatTable.ts'
import { parseTokenText } from './parseTokenText.ts'

const runShell = promisify(exec)
const commandMilliseconds = 120_000

const runTokenCommand = async (command: string): Promise<Buffer> => {
  try {
    const options = { timeout: commandMilliseconds, windowsHide: true, encoding: 'buffer' } as const
    return (await runShell(command, options)).stdout
  } catch (error) {
    const { code } = error as { code?: number | string }
    throw new Refusal(
      'usage-wrong',
      `Cannot get a token: the token command ended with ${code ?? 'a signal'}.`,
    )
  }
}

const readToken = async ({ values }: CommandContext): Promise<string> => {
  const file = optionalOption(values, 'token-file')
  const command = optionalOption(values, 'token-command')
  if ((file === undefined) === (command === undefined)) {
    throw new Refusal('usage-wrong', 'Cannot get a token: give either --token-file or --token-command.')
  }
  if (file !== undefined) return parseTokenText(readInput(file), `the token file ${file}`)
  return parseTokenText(await runTokenCommand(command ?? ''), 'what the token command printed')
}

/**
 * Writes the roots that a client needs which builds the path itself, such as strongSwan's, of the bundle that it keeps
 * beside its key: a later one follows, an older one is refused.
 * @returns the file; undefined when no root is known to trust.
 */
const writeRoots = async (
  { values, now }: CommandContext,
  {
    out,
    tenant,
    service,
  }: { readonly out: string; readonly tenant: string; readonly service: ChosenService },
): Promise<string | undefined> => {
  const anchors = readAnchors(values)
  if (anchors.length === 0) return undefined
  const { bundle } = await fetchTrust({ ...service, tenant, folder: join(out, 'trust'), anchors, now: now() })
  const file = join(out, 'roots.pem')
  await restoreFile(file, Buffer.from(rootsPem(bundle)))
  return file
}

export const enroll: Command = {
  name: 'enroll',
  summary: 'make a key here and get a certificate for it',
  help: `--url URL                the service; that of the deployment when left out
--ca FILE                PEM of the authority of the URL, if not a public one
--tenant TENANT
--token-file FILE        holds the compliance token
--token-command COMMAND  prints it, run by the shell
--anchor SHA256,...      roots that may sign the first trust bundle: gets
                         roots.pem as well, and the bundle in trust/
--out DIR                gets key.pem (0600), certificate.pem and chain.pem`,
  options: {
    url: { type: 'string' },
    ca: { type: 'string' },
    tenant: { type: 'string' },
    'token-file': { type: 'string' },
    'token-command': { type: 'string' },
    ...anchorOption,
    out: { type: 'string' },
  },
  async run(context) {
    const { values, now } = context
    const tenant = requiredOption(values, 'tenant')
    const out = requiredOption(values, 'out')
    await checkOutputFolder('out', out)
    const folder = credentialFolder(out)
    const service = await chooseService(context, 'url')
    const token = await readToken(context)
    const privateKey = await folder.pendingKey()
    // Before the token is spent.
    const roots = await writeRoots(context, { out, tenant, service })
    const enrolled = await enrollClient({ ...service, tenant, token, privateKey })
    await folder.accept(enrolled)
    const { serialNumber, notBefore, notAfter, renewal } = enrolled
    const files = { ...folder.files, ...(roots === undefined ? {} : { roots }) }
    const text = formatFields([
      ['serial number', serialNumber],
      ['valid until', formatTime(new Date(notAfter), now())],
      ['renew from', formatTime(new Date(renewal.start), now())],
      ...Object.entries(files),
    ])
    return { text, json: { serialNumber, notBefore, notAfter, renewal, files } }
  },
}
