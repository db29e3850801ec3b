import { join } from 'node:path'
import { obtainCertificate } from '../../client/agent/obtainCertificate.ts'
import { withRenewLock } from '../../client/agent/withRenewLock.ts'
import { prepareFolder } from '../../client/credential/credentialFolder.ts'
import { deviceTokens } from '../../client/token/deviceTokens.ts'
import { fetchTrust } from '../../client/fetchTrust.ts'
import { restoreFile } from '../../client/restoreFiles.ts'
import { rootsPem } from '../../lib/bundle/bundleFolder.ts'
import { anchorOption } from '../authority/anchorOption.ts'
import { askingOf } from './askingOf.ts'
import { type ChosenService, chooseService } from './chooseService.ts'
import { command, type CommandContext } from '../commandLine/command.ts'
import { required, text } from '../commandLine/option.ts'
import { withVariables } from '../commandLine/withVariables.ts'
import { processMachine } from './credentialFolderOf.ts'
import { credentialStoreOf } from './credentialStoreOf.ts'
import { deviceTokenOptions, deviceTokenPlacesOf } from './deviceTokenOptions.ts'
import { keyOptions, keySettingsOf } from './keyOptions.ts'
import { serviceOptions } from './serviceOptions.ts'
import { tokenSourceOf } from './tokenSourceOf.ts'
import { tokenSourceOptions } from './tokenSourceOptions.ts'
import { checkOutputFolder } from '../commandLine/writeNewFile.ts'
import { tenantOption } from '../tenant/tenantOption.ts'
import { formatFields, formatTime } from '../commandLine/formatTable.ts'

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

/** Has the folder to itself, as its agent has. @throws {Refusal} `folder-busy` */
const alone = async <T>(out: string, act: () => Promise<T>, { waiting }: CommandContext): Promise<T> => {
  await prepareFolder(out, processMachine())
  const entered = Promise.withResolvers<void>()
  const told = waiting(`waiting for whoever changes ${out}`, () => entered.promise)
  const enter = () => {
    entered.resolve()
    return act()
  }
  try {
    return await withRenewLock(out, enter)
  } finally {
    entered.resolve()
    await told
  }
}

export const enroll = command({
  name: 'enroll',
  summary: 'make a key here and get a certificate for it',
  options: withVariables({
    ...serviceOptions,
    tenant: tenantOption,
    ...tokenSourceOptions,
    ...deviceTokenOptions,
    ...keyOptions,
    anchor: anchorOption(
      'roots that may sign the first trust bundle: gets roots.pem as well, and the bundle in trust/',
    ),
    out: required(text('FOLDER', 'gets key.pem (0600), certificate.pem and chain.pem')),
  }),
  async run(options, context) {
    const { tenant, out, anchor: anchors } = options
    const { now, waiting } = context
    await checkOutputFolder('out', out)
    const store = credentialStoreOf(out, keySettingsOf(options), context)
    const service = await chooseService(context, options)
    const token = await tokenSourceOf(options, context, out)
    let roots: string | undefined
    const obtaining = {
      ...service,
      tenant,
      token,
      readDeviceTokens: deviceTokens({ ...deviceTokenPlacesOf(options), environment: process.env }),
      store,
      isInteractive: true,
      now: now(),
      exclusively: <T>(act: () => Promise<T>) => alone(out, act, context),
      // Before the token is spent.
      async onReady() {
        roots = await writeRoots(context, { out, tenant, service, anchors })
      },
    }
    const enrolled = await waiting(askingOf(service.url), () => obtainCertificate(obtaining))
    const { serialNumber, notBefore, notAfter, renewal } = enrolled
    const files = { ...store.files, ...(roots === undefined ? {} : { roots }) }
    const told = formatFields([
      ['serial number', serialNumber],
      ['valid until', formatTime(new Date(notAfter), now())],
      ['renew from', formatTime(new Date(renewal.start), now())],
      ...Object.entries(files),
    ])
    return { text: told, json: { serialNumber, notBefore, notAfter, renewal, files } }
  },
})
