import { askDemoToken } from '../../client/askDemoToken.ts'
import { demoClaims, deviceClaim } from '../../client/demoClaims.ts'
import { Refusal } from '../../lib/errors/refusal.ts'
import { propertyOf } from '../../lib/policy/filter/property.ts'
import { platforms } from '../../lib/policy/signals/signal.ts'
import {
  guestTypes,
  insiderRiskLevels,
  riskLevels,
  transferMethods,
} from '../../lib/policy/signals/signals.ts'
import { command } from '../commandLine/command.ts'
import { flag, type Option, parsed, required, text, type Told, type Values } from '../commandLine/option.ts'

const refuse = (option: string, why: string) =>
  new Refusal('usage-wrong', `Cannot read --${option}: it takes ${why}.`)

/** One of Graph's words. */
const word = (help: string, choices: readonly string[]): Option<string | undefined> =>
  parsed(
    'WORD',
    `${help}: ${choices.join(', ')}`,
    (given, { option }) => {
      if (choices.includes(given)) return given
      throw refuse(option, `one of ${choices.join(', ')}`)
    },
    { choices },
  )

/** Several texts; undefined when the token is to say what it usually says. */
const texts = (value: string, help: string): Option<readonly string[] | undefined> => ({
  value,
  help,
  isRepeatable: true,
  read: (given) => given,
})

const attributeOf = (given: string, { option }: Told): readonly [claim: string, value: string | boolean] => {
  const [, name = '', value = ''] = /^([^=]+)=(.*)$/s.exec(given) ?? []
  const property = propertyOf(name)
  if (!property) throw refuse(option, 'an attribute of device filters, such as model=X1')
  return [deviceClaim(property.name), property.kind === 'boolean' ? value === 'true' : value]
}

const attributes: Option<Readonly<Record<string, unknown>>> = {
  value: 'NAME=VALUE',
  help: 'an attribute of the device, as device filters name it',
  isRepeatable: true,
  read: (given = [], told) => Object.fromEntries(given.map((one) => attributeOf(one, told))),
}

const seconds = parsed('SECONDS', 'how long ago the user signed in (0)', (given, { option }) => {
  if (/^\d{1,9}$/.test(given)) return Number(given)
  throw refuse(option, 'a number of seconds')
})

const country = parsed('CODE', 'the country of the sign-in (NL)', (given, { option }) => {
  if (/^[A-Z]{2}$/.test(given)) return given
  throw refuse(option, 'two capital letters, such as DE')
})

const options = {
  user: required(text('UPN', 'whom it is for (ada@contoso.example)', { byDefault: 'ada@contoso.example' })),
  nonCompliant: flag('say that the device is not compliant'),
  joined: flag('say that the device is joined to the domain'),
  group: texts('ID', 'a group that the user is in'),
  role: texts('ID', 'a role that the user has'),
  guest: word('say that the user is a guest', guestTypes),
  ipCountry: country,
  platform: word('what the device runs (linux)', platforms),
  device: attributes,
  noDevice: flag('say that the directory has no record of the device'),
  risk: word('the risk of the sign-in (none)', riskLevels),
  userRisk: word('the risk of the user (none)', riskLevels),
  insiderRisk: word('the insider risk', insiderRiskLevels),
  transfer: word('how the sign-in came to the device', transferMethods),
  amr: texts('METHOD', 'a method of the sign-in (pwd), RFC 8176'),
  acr: text('VALUE', 'the class of the sign-in, as a challenge asks for it'),
  authAge: seconds,
}

/** Leaves out what nobody told: the token then says what it usually says. */
const told = (claims: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> =>
  Object.fromEntries(Object.entries(claims).filter(([, value]) => value !== undefined))

const guestClaims = (type: string | undefined): Readonly<Record<string, unknown>> =>
  type === undefined ? {} : { [demoClaims.guest]: true, [demoClaims.guestType]: type }

const claimsOf = (values: Values<typeof options>, now: Date): Readonly<Record<string, unknown>> => ({
  ...values.device,
  ...guestClaims(values.guest),
  ...told({
    [demoClaims.joined]: values.joined || undefined,
    [demoClaims.deviceRecord]: values.noDevice ? false : undefined,
    [demoClaims.groups]: values.group,
    [demoClaims.roles]: values.role,
    [demoClaims.country]: values.ipCountry,
    [demoClaims.platform]: values.platform,
    [demoClaims.signInRisk]: values.risk,
    [demoClaims.userRisk]: values.userRisk,
    [demoClaims.insiderRisk]: values.insiderRisk,
    [demoClaims.transferMethod]: values.transfer,
    [demoClaims.methods]: values.amr,
    [demoClaims.contextClass]: values.acr,
    [demoClaims.authTime]:
      values.authAge === undefined ? undefined : Math.floor(now.getTime() / 1000) - values.authAge,
  }),
})

export const demoToken = command({
  name: 'demo token',
  summary: 'print a fresh compliance token of the demo issuer',
  options,
  async run(values, { deployment, now }) {
    const user = { upn: values.user, compliant: !values.nonCompliant, claims: claimsOf(values, now()) }
    const token = await askDemoToken(await deployment(), user)
    return { text: token, json: { token } }
  },
})
