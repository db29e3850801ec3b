import { randomBytes, randomUUID } from 'node:crypto'
import { rm } from 'node:fs/promises'
import {
  addRelyingParty,
  listRelyingParties,
  removeRelyingParty,
} from '../../lib/authority/adopt/relyingParty.ts'
import { Refusal } from '../../lib/errors/refusal.ts'
import { readPartyHistory } from '../../lib/authority/adopt/partyChange.ts'
import { authorOf, readReason, reasonHelp, reasonOption } from '../tenant/readReason.ts'
import type { Command, CommandContext } from '../commandLine/command.ts'
import type { Deployment } from '../../lib/deployment/deployment.ts'
import { confirmed } from '../commandLine/confirmed.ts'
import { checkNewFile, writeNewFile } from '../commandLine/writeNewFile.ts'
import { prepareTables } from '../../lib/deployment/openDeploymentTables.ts'
import {
  describePartyChange,
  partyChangeJson,
  relyingPartyJson,
  relyingPartyTable,
} from './relyingPartyTable.ts'
import { optionalOption, requiredOption } from '../commandLine/requiredOption.ts'
import { resolveTenant } from '../tenant/resolveTenant.ts'

const open = async ({ values, deployment, openTables }: CommandContext) => {
  const id = requiredOption(values, 'tenant')
  const target = await deployment()
  const tables = openTables(target)
  const { tenant } = await resolveTenant(tables, id)
  return { target, tables, tenant }
}

const options = { tenant: { type: 'string' }, name: { type: 'string' }, ...reasonOption } as const

const partyAuthor = async (context: CommandContext, target: Deployment) => ({
  ...(await authorOf(context, target)),
  changeId: randomUUID(),
})

/** Keeps a secret in a file, which is gone again when the party was not listed with it. */
const keepSecret = async (file: string, secret: string, add: () => Promise<boolean>): Promise<boolean> => {
  await checkNewFile('secret-out', file)
  await writeNewFile('secret-out', file, { text: `${secret}\n`, mode: 0o600 })
  let isAdded = false
  try {
    isAdded = await add()
    return isAdded
  } finally {
    if (!isAdded) await rm(file, { force: true })
  }
}

export const relyingPartyAdd: Command = {
  name: 'relying-party add',
  summary: 'list a VPN server that activation waits for',
  help: `--tenant TENANT
--name NAME
--secret-out FILE   a new file for the secret its agent reports with; printed
                    once when left out
${reasonHelp(20)}`,
  options: { ...options, 'secret-out': { type: 'string' } },
  async run(context) {
    readReason(context)
    const { target, tables, tenant } = await open(context)
    await prepareTables(tables, context.now())
    const name = requiredOption(context.values, 'name')
    const secret = randomBytes(32).toString('base64url')
    const file = optionalOption(context.values, 'secret-out')
    const author = await partyAuthor(context, target)
    const add = () => addRelyingParty(tables, { tenant, name, secret }, author)
    if (await (file === undefined ? add() : keepSecret(file, secret, add)))
      return file === undefined
        ? {
            text: `${name} is listed; its secret, shown once:\n${secret}`,
            json: { tenant, name, secret, secretFile: null },
            undo: {
              run: async () =>
                removeRelyingParty(
                  tables,
                  { tenant, name },
                  { ...author, reason: 'its secret could not be written', changeId: randomUUID() },
                ),
              done: `${name} is not listed.`,
              failed: `${name} is listed, and its secret is lost: run relying-party remove --name ${name}, then add it again.`,
            },
          }
        : {
            text: `${name} is listed; its secret is in ${file}`,
            json: { tenant, name, secret: null, secretFile: file },
          }
    throw new Refusal(
      'configuration-conflict',
      `Cannot add the relying party: ${tenant} lists ${name} already, and its secret cannot be shown again. ` +
        `For a new one run relying-party remove --name ${name}, then add it again.`,
    )
  },
}

export const relyingPartyRemove: Command = {
  name: 'relying-party remove',
  summary: 'take a VPN server off the list',
  help: `--tenant TENANT\n--name NAME\n${reasonHelp(20)}\n--yes               do not ask`,
  options: { ...options, yes: { type: 'boolean' } },
  async run(context) {
    readReason(context)
    const { target, tables, tenant } = await open(context)
    const name = requiredOption(context.values, 'name')
    await confirmed(context, `${tenant}: activations will no longer wait for ${name}; its secret is void.`)
    await removeRelyingParty(tables, { tenant, name }, await partyAuthor(context, target))
    return { text: `${name} is no longer listed`, json: { tenant, name } }
  },
}

export const relyingPartyList: Command = {
  name: 'relying-party list',
  summary: 'show the VPN servers and the bundle of each',
  help: `--tenant TENANT
--history           who changed the list, when and why, instead; oldest first`,
  options: { tenant: { type: 'string' }, history: { type: 'boolean' } },
  async run(context) {
    const { tables, tenant } = await open(context)
    if (context.values['history'] === true) {
      const changes = await readPartyHistory(tables, tenant)
      const text = changes.map((change) => describePartyChange(change, context.now())).join('\n')
      const none = `${tenant}: the list of relying parties was never changed`
      return { text: text === '' ? none : text, json: { tenant, changes: changes.map(partyChangeJson) } }
    }
    const parties = await listRelyingParties(tables, tenant)
    const text = parties.length === 0 ? `${tenant} lists no relying parties` : relyingPartyTable(parties)
    return { text, json: { tenant, relyingParties: parties.map(relyingPartyJson) } }
  },
}
