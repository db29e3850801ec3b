import { readFile, writeFile } from 'node:fs/promises'
import { assess } from '../lib/compliance/assess.ts'
import type { CompliancePlatform, CompliancePolicy } from '../lib/compliance/model/compliancePolicy.ts'
import { macOSSettings } from '../lib/compliance/model/macOSSettings.ts'
import { parseCompliancePolicies } from '../lib/compliance/model/parseCompliancePolicies.ts'
import { windowsSettings } from '../lib/compliance/model/windowsSettings.ts'
import type { FactName } from '../lib/policy/signals/factKinds.ts'
import type { Answer } from '../lib/policy/signals/signal.ts'
import { type SettingExample, settingExamples, type Told } from './settingExamples.ts'

const document = new URL('../docs/compliance-settings.md', import.meta.url)

const types = { windows: 'windows10CompliancePolicy', macOS: 'macOSCompliancePolicy' } as const
const settings = { windows: windowsSettings, macOS: macOSSettings } as const

const parsed = (platform: CompliancePlatform, members: object) =>
  parseCompliancePolicies(
    { '@odata.type': `#microsoft.graph.${types[platform]}`, displayName: 'Example', ...members },
    { assignAll: true },
  )

const policyOf = (
  platform: CompliancePlatform,
  { name, value, beside }: SettingExample,
): CompliancePolicy => {
  const { entries, rejections } = parsed(platform, { ...beside, [name]: value })
  const [entry] = entries
  if (entry === undefined) throw new Error(`${name}: ${rejections[0]?.path}: ${rejections[0]?.reason}`)
  return entry.value
}

const day = 86_400

const timeOf = ({ told }: Told): number | undefined => {
  if (told === 'unknown') return undefined
  return told === 'a day ago' ? 0 : day
}

const answerTo = (policy: CompliancePolicy, fact: FactName, told: Told): Answer => {
  const reports = [{ fact, source: 'posture', value: told.value, at: timeOf(told) } as const]
  const signals = { at: day, platform: policy.platform, groups: [], facts: reports }
  return assess([policy], signals).compliant
}

const textOf = ({ value, told }: Told): string => {
  if (value === undefined) return 'not told'
  const text = value === null ? 'none' : `\`${value}\``
  if (told === undefined) return text
  return told === 'unknown' ? `${text} at an unknown time` : `${text} ${told}`
}

const exampleOf = ({ value }: SettingExample): string =>
  Array.isArray(value) || value === true ? '' : `: \`${String(value)}\``

const rowOf = (platform: CompliancePlatform, example: SettingExample): string => {
  const policy = policyOf(platform, example)
  const [setting] = policy.settings
  const [requirement] = setting?.requirements ?? []
  if (setting === undefined || requirement === undefined) throw new Error(`${example.name} asks for nothing.`)
  const said = [...example.said, { value: null }, { value: undefined }]
  const having = (answer: Answer) =>
    said.filter((told) => answerTo(policy, requirement.fact, told) === answer).map(textOf)
  const columns = [
    `\`${example.name}\`${exampleOf(example)}`,
    setting.wanted,
    `\`${requirement.fact}\``,
    ...(['yes', 'no', 'unknown'] as const).map((answer) => having(answer).join(', ')),
  ]
  return `| ${columns.join(' | ')} |`
}

const supportedTable = (platform: CompliancePlatform): readonly string[] => [
  '| setting | wants | fact | satisfied | failed | unknown |',
  '|---|---|---|---|---|---|',
  ...settingExamples[platform].map((example) => rowOf(platform, example)),
]

const reasonOf = (platform: CompliancePlatform, name: string): string => {
  const { rejections } = parsed(platform, { [name]: 'set' })
  const rejection = rejections.find(({ path }) => path === name)
  return rejection?.reason.replace('is not supported: ', '') ?? 'it is not rejected'
}

/** Groups the settings without an example by what they are rejected for. */
const rejectedTable = (platform: CompliancePlatform): readonly string[] => {
  const supported = settingExamples[platform].map(({ name }) => name)
  const rejected = Object.keys(settings[platform]).filter((name) => !supported.includes(name))
  const reasons = Map.groupBy(rejected, (name) => reasonOf(platform, name))
  return [
    '| rejected where it is set | because |',
    '|---|---|',
    ...[...reasons].map(
      ([reason, names]) => `| ${names.map((name) => `\`${name}\``).join(', ')} | ${reason} |`,
    ),
  ]
}

const start = (platform: CompliancePlatform) => `<!-- ${platform} settings: made by "npm run docs" -->`
const end = (platform: CompliancePlatform) => `<!-- ${platform} settings: end -->`

const withTable = (text: string, platform: CompliancePlatform): string => {
  const [before, rest = ''] = text.split(`${start(platform)}\n`)
  const [, after] = rest.split(end(platform))
  if (before === undefined || after === undefined)
    throw new Error(`The document lacks the marks of the settings of ${platform}.`)
  const lines = [...supportedTable(platform), '', ...rejectedTable(platform)]
  return `${before}${start(platform)}\n${lines.join('\n')}\n${end(platform)}${after}`
}

/** Puts the tables of all settings between the marks of a document. */
export const withSettingsTable = (text: string): string => withTable(withTable(text, 'windows'), 'macOS')

if (process.argv.includes('--write'))
  await writeFile(document, withSettingsTable(await readFile(document, 'utf8')))
