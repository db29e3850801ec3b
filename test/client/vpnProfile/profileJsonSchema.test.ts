import { readFile, writeFile } from 'node:fs/promises'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, it } from 'vitest'
import { parseToml } from '../../../client/agent/parseToml.ts'
import { profileJsonSchema } from '../../../client/vpnProfile/profileJsonSchema.ts'
import { parseProfile } from '../../../client/vpnProfile/readProfile.ts'
import { settingChanges } from './settingChanges.ts'
import { vpnTomlOf } from './vpnTomlOf.ts'

interface Node {
  readonly description?: string
  readonly properties?: Readonly<Record<string, Node>>
  readonly items?: Node
  readonly additionalProperties?: boolean
  readonly type?: string
  readonly enum?: readonly string[]
  readonly anyOf?: readonly Node[]
  readonly minimum?: number
  readonly maximum?: number
  readonly maxItems?: number
  readonly default?: unknown
  readonly required?: readonly string[]
}

/** As an editor gets it: JSON. */
const schema = JSON.parse(JSON.stringify(profileJsonSchema())) as Node & object
const validate = new Ajv2020({ strict: true, validateFormats: false }).compile(schema)

const accepts = (text: string): boolean => {
  const toml = parseToml(text)
  return toml.kind === 'document' && validate(toml.document)
}

/** Every object of the schema, with where it is. */
const objectsIn = (node: Node, at = ''): readonly (readonly [string, Node])[] => [
  ...(node.properties ? [[at, node] as const] : []),
  ...Object.entries(node.properties ?? {}).flatMap(([name, one]) => objectsIn(one, `${at}.${name}`)),
  ...(node.items ? objectsIn(node.items, at) : []),
]

const tunnelMembers = Object.keys(schema.properties?.['tunnels']?.properties?.['user']?.properties ?? {})

const user = { routes: ['10.0.0.0/8'] }

describe('the JSON schema of vpn.toml', () => {
  it('takes the file of docs/profiles.md', async () => {
    const page = await readFile(new URL('../../../docs/profiles.md', import.meta.url), 'utf8')
    const [, text = ''] = /```toml\n([^]*?)```/.exec(page) ?? []
    expect(accepts(text)).toBe(true)
  })

  it.each(settingChanges)('takes every value of %s that Mayfly takes', (_, before, after) => {
    for (const members of [before, after]) {
      const text = vpnTomlOf({ user: { ...user, ...members } })
      expect(parseProfile(text, '/')).toMatchObject({ kind: 'profile' })
      expect(accepts(text)).toBe(true)
    }
  })

  it.each([
    ['an unknown member', { 'perform-server-validation': false }],
    ['a member of another type', { mtu: '1400' }],
    ['a number out of bounds', { mtu: 9_000 }],
    ['a word that is none', { protocol: 'pptp' }],
    ['a filter without a name', { filters: [{ protocol: 'tcp' }] }],
    ['no server', { servers: [] }],
  ])('refuses %s, as Mayfly does', (_, members) => {
    const text = vpnTomlOf({ user: { ...user, ...members } })
    expect(accepts(text)).toBe(false)
    expect(parseProfile(text, '/')).toMatchObject({ kind: 'faults' })
  })

  it('knows every member: none beside them is taken, and each says what it is for', () => {
    const objects = objectsIn(schema)
    expect(objects.length).toBeGreaterThan(15)
    expect(objects.filter(([, node]) => node.additionalProperties !== false)).toEqual([])
    const silent = objects.flatMap(([at, { properties = {} }]) =>
      Object.entries(properties).flatMap(([name, one]) => (one.description ? [] : [`${at}.${name}`])),
    )
    expect(silent).toEqual([])
    const { filters, servers } = schema.properties?.['tunnels']?.properties?.['user']?.properties ?? {}
    const names = [filters, servers].map((one) => one?.items?.properties?.['name']?.description)
    expect(names).toEqual(['What the filter is called.', 'The host name that is called.'])
  })

  it('has patterns that every engine knows', () => {
    expect(JSON.stringify(schema)).not.toMatch(/\\\\p\{|\(\?</)
  })

  it('has no member of a tunnel that docs/profiles.md and the tests of settings do not have', async () => {
    const page = await readFile(new URL('../../../docs/profiles.md', import.meta.url), 'utf8')
    const [, file = ''] = /## The file([^]*?)\n## /.exec(page) ?? []
    const isTold = (name: string) =>
      [`\`${name}\``, `\n${name} = `, `.${name}]]`].some((one) => file.includes(one))
    expect(tunnelMembers.filter((name) => !isTold(name))).toEqual([])
    const changed = settingChanges.flatMap(([name, before, after]) => [
      name,
      ...Object.keys({ ...before, ...after }),
    ])
    expect(tunnelMembers.filter((name) => !changed.includes(name))).toEqual([
      'name',
      'exclusion-lists',
      'machine-purposes',
    ])
  })
})

const values = (node: Node): string => {
  if (node.anyOf) return node.anyOf.map(values).join(' or ')
  if (node.enum) return node.enum.map((one) => `\`${one}\``).join(', ')
  if (node.type === 'integer') return `${node.minimum} to ${node.maximum}`
  if (node.type === 'array') return `up to ${node.maxItems} ${node.items?.properties ? 'tables' : 'texts'}`
  return { string: 'text', boolean: 'true or false', object: 'table' }[node.type ?? ''] ?? ''
}

/** A row for each member; what the other kinds of tunnels have, the user's has as well. */
const rowsIn = (node: Node, at = ''): readonly string[] =>
  Object.entries(node.properties ?? {}).flatMap(([name, one]) => {
    const path = `${at}${name}`
    const given = one.default === undefined ? '' : `, ${JSON.stringify(one.default)} when left out`
    const isNeeded = node.required?.includes(name) === true ? ', must be there' : ''
    const row = `| \`${path}\` | ${values(one)}${given}${isNeeded} | ${one.description} |`
    if (/^tunnels\.(?:backup|device)$/.test(path)) return [row]
    return [row, ...rowsIn(one.items ?? one, `${path}.`)]
  })

const page = new URL('../../../docs/profiles.md', import.meta.url)
const [start, end] = ['<!-- members: made by the tests -->\n', '<!-- members: end -->']

it('docs/profiles.md has every member', async () => {
  const rows = rowsIn(schema)
  expect(rows.length).toBeGreaterThan(50)
  const text = await readFile(page, 'utf8')
  const [before = '', rest = ''] = text.split(start)
  const told = `${before}${start}| member | values | |\n|---|---|---|\n${rows.join('\n')}\n${end}${rest.split(end)[1] ?? ''}`
  if (process.env['MAYFLY_UPDATE_DOCS'] === '1') await writeFile(page, told)
  expect(await readFile(page, 'utf8')).toBe(told)
})
