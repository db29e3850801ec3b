import { exec } from 'node:child_process'
import { promisify } from 'node:util'
import { credentialFolder } from '../../client/credentialFolder.ts'
import { enroll as enrollClient } from '../../client/enroll.ts'
import { Refusal } from '../../lib/errors/refusal.ts'
import { decodeText } from '../../lib/text/decodeText.ts'
import { chooseService } from '../chooseService.ts'
import type { Command, CommandContext } from '../command.ts'
import { readInputText } from '../inputFile.ts'
import { optionalOption, requiredOption } from '../requiredOption.ts'
import { formatFields, formatTime } from '../text.ts'

const runShell = promisify(exec)
const commandMilliseconds = 120_000

const refuseCommand = (why: string) =>
  new Refusal('usage-wrong', `Cannot get a token: the token command ${why}.`)

const runTokenCommand = async (command: string): Promise<string> => {
  try {
    const options = { timeout: commandMilliseconds, windowsHide: true, encoding: 'buffer' } as const
    const { stdout } = await runShell(command, options)
    return decodeText(stdout, (why) => refuseCommand(`printed what ${why}`))
  } catch (error) {
    if (error instanceof Refusal) throw error
    const { code } = error as { code?: number | string }
    throw refuseCommand(`ended with ${code ?? 'a signal'}`)
  }
}

const readToken = async ({ values }: CommandContext): Promise<string> => {
  const file = optionalOption(values, 'token-file')
  const command = optionalOption(values, 'token-command')
  if ((file === undefined) === (command === undefined)) {
    throw new Refusal('usage-wrong', 'Cannot get a token: give either --token-file or --token-command.')
  }
  const token = file === undefined ? await runTokenCommand(command ?? '') : readInputText(file)
  return token.trim()
}

export const enroll: Command = {
  name: 'enroll',
  summary: 'make a key here and get a certificate for it',
  help: `--url URL                the service; that of the deployment when left out
--ca FILE                PEM of the authority of the URL, if not a public one
--tenant TENANT
--token-file FILE        holds the compliance token
--token-command COMMAND  prints it, run by the shell
--out DIR                gets key.pem (0600), certificate.pem and chain.pem`,
  options: {
    url: { type: 'string' },
    ca: { type: 'string' },
    tenant: { type: 'string' },
    'token-file': { type: 'string' },
    'token-command': { type: 'string' },
    out: { type: 'string' },
  },
  async run(context) {
    const { values, now } = context
    const tenant = requiredOption(values, 'tenant')
    const folder = credentialFolder(requiredOption(values, 'out'))
    const service = await chooseService(context, 'url')
    const token = await readToken(context)
    const privateKey = await folder.pendingKey()
    const enrolled = await enrollClient({ ...service, tenant, token, privateKey })
    await folder.accept(enrolled)
    const { serialNumber, notBefore, notAfter, renewal } = enrolled
    const text = formatFields([
      ['serial number', serialNumber],
      ['valid until', formatTime(new Date(notAfter), now())],
      ['renew from', formatTime(new Date(renewal.start), now())],
      ...Object.entries(folder.files),
    ])
    return { text, json: { serialNumber, notBefore, notAfter, renewal, files: folder.files } }
  },
}
