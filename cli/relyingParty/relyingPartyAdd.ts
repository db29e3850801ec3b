import { randomBytes, randomUUID } from 'node:crypto'
import { rm } from 'node:fs/promises'
import {
  addRelyingParty,
  listRelyingParties,
  removeRelyingParty,
} from '../../lib/authority/adopt/relyingParty.ts'
import type { TenantId } from '../../lib/tenant/tenantId.ts'
import { Refusal } from '../../lib/errors/refusal.ts'
import { readPartyHistory } from '../../lib/authority/adopt/partyChange.ts'
import { authorOf, reasonOption } from '../tenant/authorOf.ts'
import { command, type CommandContext, type Outcome } from '../commandLine/command.ts'
import { flag, required, text } from '../commandLine/option.ts'
import { confirmed, yesOption } from '../commandLine/confirmed.ts'
import { checkNewFile, writeNewFile } from '../commandLine/writeNewFile.ts'
import { prepareTables } from '../../lib/deployment/openDeploymentTables.ts'
import {
  describePartyChange,
  partyChangeJson,
  relyingPartyJson,
  relyingPartyTable,
} from './relyingPartyTable.ts'
import { type OpenTenant, openTenant } from '../tenant/openTenant.ts'
import { tenantOption } from '../tenant/tenantOption.ts'

const options = { tenant: tenantOption, name: required(text('NAME', 'the VPN server')), reason: reasonOption }

const partyAuthor = async (context: CommandContext, { deployment }: OpenTenant, reason?: string) => ({
  ...(await authorOf(context, deployment, reason)),
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

const listed = (name: string, tenant: string): Refusal =>
  new Refusal(
    'configuration-conflict',
    `Cannot add the relying party: ${tenant} lists ${name} already, and its secret cannot be shown again. ` +
      `For a new one run relying-party remove --name ${name}, then add it again.`,
  )

interface AddedParty {
  readonly tenant: TenantId
  readonly name: string
  readonly secret: string
}

/** Shows the secret, once: where it does not arrive, the party is not listed. */
const shownSecret = ({ tenant, name, secret }: AddedParty, remove: () => Promise<void>): Outcome => ({
  text: `${name} is listed; its secret, shown once:\n${secret}`,
  json: { tenant, name, secret, secretFile: null },
  undo: {
    run: remove,
    done: `${name} is not listed.`,
    failed: `${name} is listed, and its secret is lost: run relying-party remove --name ${name}, then add it again.`,
  },
})

export const relyingPartyAdd = command({
  name: 'relying-party add',
  summary: 'list a VPN server that activation waits for',
  options: {
    ...options,
    secretOut: text('FILE', 'a new file for the secret its agent reports with; printed once when left out'),
  },
  async run({ tenant: id, name, secretOut: file, reason }, context) {
    const open = await openTenant(context, id)
    const { tables, tenant } = open
    await prepareTables(tables, context.now())
    const party = { tenant, name, secret: randomBytes(32).toString('base64url') }
    const author = await partyAuthor(context, open, reason)
    const add = () => addRelyingParty(tables, party, author)
    if (!(await (file === undefined ? add() : keepSecret(file, party.secret, add))))
      throw listed(name, tenant)
    if (file !== undefined)
      return {
        text: `${name} is listed; its secret is in ${file}`,
        json: { tenant, name, secret: null, secretFile: file },
      }
    const lost = { ...author, reason: 'its secret could not be written', changeId: randomUUID() }
    return shownSecret(party, async () => removeRelyingParty(tables, { tenant, name }, lost))
  },
})

export const relyingPartyRemove = command({
  name: 'relying-party remove',
  summary: 'take a VPN server off the list',
  options: { ...options, yes: yesOption },
  async run({ tenant: id, name, yes, reason }, context) {
    const open = await openTenant(context, id)
    const { tables, tenant } = open
    const plan = `${tenant}: activations will no longer wait for ${name}; its secret is void.`
    await confirmed(context, yes, plan)
    await removeRelyingParty(tables, { tenant, name }, await partyAuthor(context, open, reason))
    return { text: `${name} is no longer listed`, json: { tenant, name } }
  },
})

export const relyingPartyList = command({
  name: 'relying-party list',
  summary: 'show the VPN servers and the bundle of each',
  options: {
    tenant: tenantOption,
    history: flag('who changed the list, when and why, instead; oldest first'),
  },
  async run({ tenant: id, history }, context) {
    const { tables, tenant } = await openTenant(context, id)
    if (history) {
      const changes = await readPartyHistory(tables, tenant)
      const told = changes.map((change) => describePartyChange(change, context.now())).join('\n')
      const none = `${tenant}: the list of relying parties was never changed`
      return { text: told === '' ? none : told, json: { tenant, changes: changes.map(partyChangeJson) } }
    }
    const parties = await listRelyingParties(tables, tenant)
    const told = parties.length === 0 ? `${tenant} lists no relying parties` : relyingPartyTable(parties)
    return { text: told, json: { tenant, relyingParties: parties.map(relyingPartyJson) } }
  },
})
