import { randomBytes } from 'node:crypto'
import { rm } from 'node:fs/promises'
import {
  addRelyingParty,
  listRelyingParties,
  removeRelyingParty,
} from '../../lib/authority/relyingParties.ts'
import { Refusal } from '../../lib/errors/refusal.ts'
import type { Command, CommandContext } from '../command.ts'
import { confirmed } from '../confirmed.ts'
import { checkNewFile, writeNewFile } from '../outputOption.ts'
import { prepareTables } from '../prepareTables.ts'
import { relyingPartyJson, relyingPartyTable } from '../relyingPartyText.ts'
import { optionalOption, requiredOption } from '../requiredOption.ts'
import { resolveTenant } from '../resolveTenant.ts'

const open = async ({ values, deployment, openTables }: CommandContext) => {
  const id = requiredOption(values, 'tenant')
  const tables = openTables(await deployment())
  const { tenant } = await resolveTenant(tables, id)
  return { tables, tenant }
}

const options = { tenant: { type: 'string' }, name: { type: 'string' } } as const

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
                    once when left out`,
  options: { ...options, 'secret-out': { type: 'string' } },
  async run(context) {
    const { tables, tenant } = await open(context)
    await prepareTables(tables, context.now())
    const name = requiredOption(context.values, 'name')
    const secret = randomBytes(32).toString('base64url')
    const file = optionalOption(context.values, 'secret-out')
    const add = () => addRelyingParty(tables, tenant, { name, secret })
    if (await (file === undefined ? add() : keepSecret(file, secret, add)))
      return file === undefined
        ? {
            text: `${name} is listed; its secret, shown once:\n${secret}`,
            json: { tenant, name, secret, secretFile: null },
            undo: {
              run: () => removeRelyingParty(tables, tenant, name),
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
  help: '--tenant TENANT\n--name NAME\n--yes               do not ask',
  options: { ...options, yes: { type: 'boolean' } },
  async run(context) {
    const { tables, tenant } = await open(context)
    const name = requiredOption(context.values, 'name')
    await confirmed(context, `${tenant}: activations will no longer wait for ${name}; its secret is void.`)
    await removeRelyingParty(tables, tenant, name)
    return { text: `${name} is no longer listed`, json: { tenant, name } }
  },
}

export const relyingPartyList: Command = {
  name: 'relying-party list',
  summary: 'show the VPN servers and the bundle of each',
  help: '--tenant TENANT',
  options: { tenant: { type: 'string' } },
  async run(context) {
    const { tables, tenant } = await open(context)
    const parties = await listRelyingParties(tables, tenant)
    const text = parties.length === 0 ? `${tenant} lists no relying parties` : relyingPartyTable(parties)
    return { text, json: { tenant, relyingParties: parties.map(relyingPartyJson) } }
  },
}
