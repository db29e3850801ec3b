/** Tells what is wrong with the member of this name; undefined when nothing is. Says nothing of its value: it may be a secret. */
type Rule = (value: unknown, name: string) => string | undefined

const text: Rule = (value, name) => {
  if (typeof value === 'string') return undefined
  return value === undefined ? `${name} is missing` : `${name} is not a text`
}

const flag: Rule = (value, name) =>
  typeof value === 'boolean' ? undefined : `${name} is neither true nor false`

const optional =
  (rule: Rule): Rule =>
  (value, name) =>
    value === undefined ? undefined : rule(value, name)

const matching =
  (form: RegExp, described: string): Rule =>
  (value, name) =>
    text(value, name) ?? (form.test(String(value)) ? undefined : `${name} is not ${described}`)

/** An object of these members and no others: what is misspelt is not left out in silence. */
const members =
  (rules: Readonly<Record<string, Rule>>): Rule =>
  (value, name) => {
    if (value === undefined) return `${name} is missing`
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return `${name} is not an object`
    const path = (member: string) => (name === 'it' ? member : `${name}.${member}`)
    const stranger = Object.keys(value).find((member) => !Object.hasOwn(rules, member))
    if (stranger !== undefined) return `${path(stranger).slice(0, 80)} is no member of a deployment`
    const found = value as Readonly<Record<string, unknown>>
    return Object.entries(rules)
      .map(([member, rule]) => rule(found[member], path(member)))
      .find((fault) => fault !== undefined)
  }

const standIn = members({ caFile: text, token: text })

/** Azure's own hosts: no other gets a token of the administrator, whatever the file says. */
const azureTables = matching(
  /^https:\/\/[a-z0-9]{3,24}\.(?:table\.core\.(?:windows\.net|usgovcloudapi\.net|chinacloudapi\.cn)|z\d{1,2}\.table\.storage\.azure\.net)\/?$/,
  'https://ACCOUNT.table.core.windows.net',
)

const standInTables = matching(
  /^https:\/\/(?:127\.0\.0\.1|\[::1\]|localhost)(?::\d{1,5})?\/[a-z0-9]{3,24}\/?$/,
  'https://127.0.0.1:PORT/ACCOUNT, as that of a stand-in is',
)

const has = (value: unknown, member: string): boolean =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, member)

const tables: Rule = (value, name) => {
  if (has(value, 'connectionString')) return members({ connectionString: text })(value, name)
  if (typeof value === 'object' && value !== null && !has(value, 'endpoint'))
    return `${name} has neither an endpoint nor a connectionString`
  return has(value, 'standIn')
    ? members({ endpoint: standInTables, recordsEndpoint: optional(standInTables), standIn })(value, name)
    : members({ endpoint: azureTables, recordsEndpoint: optional(azureTables) })(value, name)
}

/** Which hosts are vaults is for whoever opens keys. */
const vaultUrl = matching(/^https:\/\/[a-z0-9.:[\]-]+\/?$/i, 'https://NAME.vault.azure.net')

const keys: Rule = (value, name) => {
  const urls = { rootUrl: vaultUrl, issuerUrl: vaultUrl }
  const vault = members({ ...urls, hsm: optional(flag), standIn: optional(standIn) })
  const fault = members({ folder: optional(text), vault: optional(vault) })(value, name)
  if (fault !== undefined) return fault
  return has(value, 'folder') || has(value, 'vault') ? undefined : `${name} has neither a vault nor a folder`
}

const id = matching(/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, 'a UUID in lower case')

const deployment = members({
  service: members({ url: text, caFile: optional(text) }),
  tables,
  keys,
  directoryId: optional(id),
  appPrincipalId: optional(id),
  tokenIssuer: optional(members({ url: text, clientId: text, clientSecret: text })),
})

/** Tells which member keeps a document from describing a deployment, and why; undefined when none does. */
export const faultOfDeployment = (document: unknown): string | undefined => deployment(document, 'it')
