import { confirmInstallation } from '../../lib/authority/adopt/relyingParty.ts'
import { Refusal } from '../../lib/errors/refusal.ts'
import { anchorOption } from './anchorOption.ts'
import { type AuthorityEvent, readEvents } from '../../lib/authority/authorityEvent.ts'
import { reasonHelp, reasonOption } from '../tenant/readReason.ts'
import type { Command } from '../commandLine/command.ts'
import { openAuthority } from './openAuthority.ts'
import { requiredOption } from '../commandLine/requiredOption.ts'

/** The sequence that an option names: 1 up to the bundle in force. */
const sequenceOption = (text: string, latest: number): number => {
  const sequence = Number(text)
  if (/^[1-9]\d*$/.test(text) && sequence <= latest) return sequence
  throw new Refusal('usage-wrong', `Cannot confirm: --bundle must be from 1 to ${latest}.`)
}

/** The digest that stands for a bundle: that of its signed file. */
const digestOf = (sequence: number, events: readonly AuthorityEvent[]): string => {
  const found = events.find((event) => event.sequence === sequence)
  if (found) return found.digests['trust.jws']
  throw new Refusal('bundle-unknown', `Cannot confirm: the history does not tell of bundle ${sequence}.`)
}

export const authorityConfirm: Command = {
  name: 'authority confirm',
  summary: 'record that a server without an agent is up to date',
  help: `--tenant TENANT
--relying-party NAME
--bundle NUMBER       the bundle it installed; authority export tells
--anchor SHA256       a root to trust, where this machine knows none
${reasonHelp(22)}`,
  options: {
    tenant: { type: 'string' },
    'relying-party': { type: 'string' },
    bundle: { type: 'string' },
    ...anchorOption,
    ...reasonOption,
  },
  async run(context) {
    const { values } = context
    const { authority, ceremony } = await openAuthority(context)
    const { tenant, bundle } = authority
    const name = requiredOption(values, 'relying-party')
    const sequence = sequenceOption(requiredOption(values, 'bundle'), bundle.sequence)
    const { tables } = ceremony
    const sha256 = digestOf(sequence, await readEvents(tables, tenant))
    const author = { ...ceremony, changeId: ceremony.uuid() }
    await confirmInstallation(tables, { tenant, name }, { told: { sequence, sha256 }, author })
    return {
      text: `${name} holds bundle ${sequence}`,
      json: { tenant, relyingParty: name, sequence, sha256 },
    }
  },
}
