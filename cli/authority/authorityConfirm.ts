import { confirmInstallation } from '../../lib/authority/adopt/relyingParty.ts'
import { Refusal } from '../../lib/errors/refusal.ts'
import { type AuthorityEvent, readEvents } from '../../lib/authority/authorityEvent.ts'
import { command } from '../commandLine/command.ts'
import { required, text } from '../commandLine/option.ts'
import { authorityOptions, openAuthority } from './openAuthority.ts'

/** Reads the sequence of a bundle: 1 up to the one in force. */
const parseSequence = (given: string, latest: number): number => {
  const sequence = Number(given)
  if (/^[1-9]\d*$/.test(given) && sequence <= latest) return sequence
  throw new Refusal('usage-wrong', `Cannot confirm: --bundle must be from 1 to ${latest}.`)
}

/** Finds the digest that stands for a bundle: that of its signed file. */
const digestOf = (sequence: number, events: readonly AuthorityEvent[]): string => {
  const found = events.find((event) => event.sequence === sequence)
  if (found) return found.digests['trust.jws']
  throw new Refusal('bundle-unknown', `Cannot confirm: the history does not tell of bundle ${sequence}.`)
}

export const authorityConfirm = command({
  name: 'authority confirm',
  summary: 'record that a server without an agent is up to date',
  options: authorityOptions({
    relyingParty: required(text('NAME', 'the VPN server')),
    bundle: required(text('NUMBER', 'the bundle it installed; authority export tells')),
  }),
  async run(options, context) {
    const { authority, ceremony } = await openAuthority(options, context)
    const { tenant, bundle } = authority
    const { relyingParty: name } = options
    const sequence = parseSequence(options.bundle, bundle.sequence)
    const { tables } = ceremony
    const sha256 = digestOf(sequence, await readEvents(tables, tenant))
    const author = { ...ceremony, changeId: ceremony.uuid() }
    await confirmInstallation(tables, { tenant, name }, { told: { sequence, sha256 }, author })
    return {
      text: `${name} holds bundle ${sequence}`,
      json: { tenant, relyingParty: name, sequence, sha256 },
    }
  },
})
