import { exec } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { credentialFolder } from '../../client/credentialFolder.ts'
import { enroll as enrollClient } from '../../client/enroll.ts'
import { fetchTrust } from '../../client/fetchTrust.ts'
import { restoreFile } from '../../client/restoreFiles.ts'
import { rootsPem } from '../../lib/bundle/bundleFolder.ts'
import { Refusal } from '../../lib/errors/refusal.ts'
import { anchorOption } from '../authority/anchorOption.ts'
import { type ChosenService, chooseService } from './chooseService.ts'
import { command, type CommandContext } from '../commandLine/command.ts'
import { required, text } from '../commandLine/option.ts'
import { readInput } from '../../lib/files/readInput.ts'
import { checkOutputFolder } from '../commandLine/writeNewFile.ts'
import { tenantOption } from '../tenant/openTenant.ts'
import { formatFields, formatTime } from '../commandLine/formatTable.ts'
import { decodeText } from '../../lib/text/decodeText.ts'

const runShell = promisify(exec)
const commandMilliseconds = 120_000

const runTokenCommand = async (line: string): Promise<Buffer> => {
  try {
    const options = { timeout: commandMilliseconds, windowsHide: true, encoding: 'buffer' } as const
    return (await runShell(line, options)).stdout
  } catch (error) {
    const { code } = error as { code?: number | string }
    throw new Refusal(
      'usage-wrong',
      `Cannot get a token: the token command ended with ${code ?? 'a signal'}.`,
    )
  }
}

/** Tells people what they put where a token belongs. None of it is a token (RFC 6750 section 2.1). */
const mistakes: readonly (readonly [form: RegExp, why: string])[] = [
  [/^$/, 'is empty'],
  [
    /^[{[]/,
    'holds JSON: keep its access token alone, such as with az account get-access-token --query accessToken -o tsv',
  ],
  [/^["']/, 'holds a token in quotes: leave them out, such as with -o tsv instead of -o json'],
  [/^(?:authorization:\s*)?bearer\s/i, 'begins with "Bearer": leave that word out'],
  [/^-----BEGIN /, 'holds PEM, not a token'],
  [/\s/, 'holds several words or lines: a token is one word'],
]

/**
 * Reads a compliance token from what a file holds or a command printed; white space around it is dropped.
 * @param source as a sentence begins with it.
 * @throws {Refusal} `usage-wrong` which never contains a part of the text.
 */
export const parseTokenText = (octets: Uint8Array, source: string): string => {
  const refuse = (why: string) => new Refusal('usage-wrong', `Cannot get a token: ${source} ${why}.`)
  const token = decodeText(octets, refuse).trim()
  const mistake = mistakes.find(([form]) => form.test(token))
  if (mistake) throw refuse(mistake[1])
  return token
}

interface TokenSource {
  readonly tokenFile: string | undefined
  readonly tokenCommand: string | undefined
}

const readToken = async ({ tokenFile: file, tokenCommand: shell }: TokenSource): Promise<string> => {
  if ((file === undefined) === (shell === undefined)) {
    throw new Refusal('usage-wrong', 'Cannot get a token: give either --token-file or --token-command.')
  }
  if (file !== undefined) return parseTokenText(readInput(file), `the token file ${file}`)
  return parseTokenText(await runTokenCommand(shell ?? ''), 'what the token command printed')
}

interface Enrolling {
  readonly out: string
  readonly tenant: string
  readonly service: ChosenService
  readonly anchors: readonly string[]
}

/**
 * Writes the roots that a client needs which builds the path itself, such as strongSwan's, of the bundle that it keeps
 * beside its key: a later one follows, an older one is refused.
 * @returns the file; undefined when no root is known to trust.
 */
const writeRoots = async (
  { now }: CommandContext,
  { out, tenant, service, anchors }: Enrolling,
): Promise<string | undefined> => {
  if (anchors.length === 0) return undefined
  const { bundle } = await fetchTrust({ ...service, tenant, folder: join(out, 'trust'), anchors, now: now() })
  const file = join(out, 'roots.pem')
  await restoreFile(file, Buffer.from(rootsPem(bundle)))
  return file
}

/** Describes `--ca`. */
export const caOption = text('FILE', 'PEM of the authority of the URL, if not a public one')

export const enroll = command({
  name: 'enroll',
  summary: 'make a key here and get a certificate for it',
  options: {
    url: text('URL', 'the service; that of the deployment when left out'),
    ca: caOption,
    tenant: tenantOption,
    tokenFile: text('FILE', 'holds the compliance token'),
    tokenCommand: text('COMMAND', 'prints it, run by the shell'),
    anchor: anchorOption(
      'roots that may sign the first trust bundle: gets roots.pem as well, and the bundle in trust/',
    ),
    out: required(text('FOLDER', 'gets key.pem (0600), certificate.pem and chain.pem')),
  },
  async run(options, context) {
    const { tenant, out, anchor: anchors } = options
    const { now } = context
    await checkOutputFolder('out', out)
    const folder = credentialFolder(out)
    const service = await chooseService(context, options)
    const token = await readToken(options)
    const privateKey = await folder.pendingKey()
    // Before the token is spent.
    const roots = await writeRoots(context, { out, tenant, service, anchors })
    const enrolled = await enrollClient({ ...service, tenant, token, privateKey })
    await folder.accept(enrolled)
    const { serialNumber, notBefore, notAfter, renewal } = enrolled
    const files = { ...folder.files, ...(roots === undefined ? {} : { roots }) }
    const told = formatFields([
      ['serial number', serialNumber],
      ['valid until', formatTime(new Date(notAfter), now())],
      ['renew from', formatTime(new Date(renewal.start), now())],
      ...Object.entries(files),
    ])
    return { text: told, json: { serialNumber, notBefore, notAfter, renewal, files } }
  },
})
