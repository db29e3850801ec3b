import { askDemoAttestation, askDemoPosture } from '../../client/askDemoToken.ts'
import { Refusal } from '../../lib/errors/refusal.ts'
import {
  type FactKind,
  factKinds,
  type FactName,
  type FactValue,
} from '../../lib/policy/signals/factKinds.ts'
import { isValueOf, valuesOf } from '../../lib/policy/signals/isValueOf.ts'
import { parseSha256, parseUuid } from '../../lib/text/parseUuid.ts'
import { command } from '../commandLine/command.ts'
import { type Option, parsed, required, text, type Told } from '../commandLine/option.ts'

const refuse = (option: string, why: string) =>
  new Refusal('usage-wrong', `Cannot read --${option}: it takes ${why}.`)

const isFact = (name: string): name is FactName => Object.hasOwn(factKinds, name)

const readValue = (kind: FactKind, value: string): FactValue => {
  if (kind === 'yesOrNo' && /^(true|false)$/.test(value)) return value === 'true'
  return kind === 'number' && /^\d{1,9}(\.\d{1,9})?$/.test(value) ? Number(value) : value
}

const factOf = (given: string, { option }: Told): readonly [fact: FactName, value: FactValue | null] => {
  const [, name = '', told = ''] = /^([^=]+)=(.*)$/s.exec(given) ?? []
  if (!isFact(name)) throw refuse(option, 'a fact and its value, such as systemDriveEncrypted=false')
  if (told === '') return [name, null]
  const value = readValue(factKinds[name], told)
  if (isValueOf(name, value)) return [name, value]
  throw refuse(option, `${valuesOf(name)} for ${name}`)
}

const facts: Option<Readonly<Partial<Record<FactName, FactValue | null>>>> = {
  value: 'NAME=VALUE',
  help: 'a fact in the place of what a healthy laptop says; NAME= leaves it out',
  isRepeatable: true,
  read: (given = [], told) => Object.fromEntries(given.map((one) => factOf(one, told))),
}

const device = parsed('ID', 'another device than the one that the user has', (given, { option }) => {
  const id = parseUuid(given)
  if (id !== undefined) return id
  throw refuse(option, 'a UUID')
})

const options = {
  user: required(
    text('UPN', 'whose device it is (ada@woodgrove.example)', { byDefault: 'ada@woodgrove.example' }),
  ),
  device,
  fact: facts,
}

export const demoPosture = command({
  name: 'demo posture',
  summary: 'print a fresh posture token of the demo issuer',
  options,
  async run({ user: upn, device: other, fact }, { deployment }) {
    const token = await askDemoPosture(await deployment(), { upn, device: other, facts: fact })
    return { text: token, json: { token } }
  },
})

const keySha256 = parsed(
  'HEX',
  "the SHA-256 of the key's SubjectPublicKeyInfo; --attestation-command of mayfly enroll tells it",
  (given, { option }) => {
    const digest = parseSha256(given)
    if (digest !== undefined) return digest
    throw refuse(option, '64 hexadecimal digits')
  },
  { variable: 'MAYFLY_KEY_SHA256' },
)

export const demoAttestation = command({
  name: 'demo attestation',
  summary: 'print an attestation for a key, by the demo issuer',
  options: { ...options, keySha256: required(keySha256) },
  async run({ user: upn, device: other, fact, keySha256: digest }, { deployment }) {
    const about = { upn, device: other, facts: fact }
    const token = await askDemoAttestation(await deployment(), about, digest)
    return { text: token, json: { token } }
  },
})
