import { readFile, writeFile } from 'node:fs/promises'
import { recipes, serverKinds } from '../client/serverConfig/recipes.ts'
import type { ServerSettings } from '../client/serverConfig/recipe.ts'

const document = new URL('../docs/servers.md', import.meta.url)
const start = '<!-- servers: made by "npm run docs" -->'
const end = '<!-- servers: end -->'

/** A tenant as it is by default, with certificates of an hour. */
const settings: ServerSettings = {
  tenant: 'contoso',
  url: 'https://mayfly.example.com',
  caFile: undefined,
  anchors: [],
  relyingParty: undefined,
  markerOids: ['1.3.6.1.4.1.311.87'],
  policyOid: undefined,
  lifetimeSeconds: 3600,
  longUpn: 'refuse',
  sid: undefined,
  networkPolicy: 'Mayfly',
  trust: '/etc/mayfly/trust',
  serverName: 'vpn.example.com',
  certificate: '/etc/mayfly/server/certificate.pem',
  key: '/etc/mayfly/server/key.pem',
  pool: '10.20.0.0/24',
  networks: ['10.0.0.0/8'],
}

const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`

const table = (): string => {
  const rows = serverKinds.map((kind) => {
    const { cannotCheck, ends } = recipes[kind](settings)
    return [`\`${kind}\``, cannotCheck.join('; '), ends]
  })
  const headings = ['server', 'cannot check', 'a session ends']
  return [headings, headings.map(() => '---'), ...rows].map(line).join('\n')
}

/** Puts the table of what servers cannot check, and of when their sessions end, between the two marks of a document. */
export const withServerTable = (text: string): string => {
  const [before, rest = ''] = text.split(`${start}\n`)
  const [, after] = rest.split(end)
  if (before === undefined || after === undefined)
    throw new Error('The document lacks the marks of the table of servers.')
  return `${before}${start}\n${table()}\n${end}${after}`
}

if (process.argv.includes('--write'))
  await writeFile(document, withServerTable(await readFile(document, 'utf8')))
