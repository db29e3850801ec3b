/**
 * The audit log of Key Vault, in the forms in which Azure hands it out. Field names after
 * https://learn.microsoft.com/azure/key-vault/general/logging (records as diagnostic settings write them to storage) and
 * https://learn.microsoft.com/azure/azure-monitor/reference/tables/azkvauditlogs (rows of Log Analytics); rows of the older
 * table AzureDiagnostics name the same with a suffix for the type: `requestUri_s`, `id_s`, `httpStatusCode_d`.
 */

/** A key of a vault, whatever its version. */
export interface LoggedKey {
  /** `<host>/<name>`, lower case. */
  readonly key: string
  /** 32 hex digits; empty when the request named none, and the newest signed. */
  readonly version: string
}

/** One signature as the key's own log shows it. */
export interface LoggedSignature extends LoggedKey {
  readonly at: Date
  /** As it is written, more finely than `at`. */
  readonly time: string
  /** Lower case; empty when the log has none. */
  readonly correlationId: string
  /** The application or person, and the address it called from. */
  readonly caller: string
}

export type KeyLogRecord =
  | { readonly kind: 'signature'; readonly at: Date; readonly signature: LoggedSignature }
  | { readonly kind: 'failed' | 'other operation'; readonly at: Date }
  | { readonly kind: 'not understood' }

type Fields = ReadonlyMap<string, unknown>

const none: Fields = new Map()

/** Members by their names in lower case. Two of one name could each be the one that is meant: nothing is read then. */
const fieldsOf = (value: unknown): Fields => {
  if (typeof value !== 'object' || value === null) return none
  const members = Object.entries(value).map(([name, member]) => [name.toLowerCase(), member] as const)
  const fields = new Map(members)
  return fields.size === members.length ? fields : none
}

/** Log Analytics gives some members as JSON text. */
const membersOf = (value: unknown): Fields => {
  if (typeof value !== 'string') return fieldsOf(value)
  try {
    return fieldsOf(JSON.parse(value))
  } catch {
    return none
  }
}

const isText = (value: unknown): value is string | number =>
  (typeof value === 'string' && value !== '') || typeof value === 'number'

const firstText = (fields: Fields, ...names: readonly string[]): string =>
  String(names.map((name) => fields.get(name)).find(isText) ?? '')

const timeForm = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})$/i

const parseTime = (text: string): Date | undefined => {
  const time = new Date(timeForm.test(text) ? text : Number.NaN)
  return Number.isNaN(time.getTime()) ? undefined : time
}

const keyForm = /^https:\/\/([^/?#]+)\/keys\/([^/?#]+)(?:\/([0-9a-f]{32}))?(?=[/?#]|$)/i

/** Reads a key id, or the URL of an operation with the key. @returns undefined for what names no key of a vault. */
export const parseLoggedKey = (url: string): LoggedKey | undefined => {
  const [, host, name, version = ''] = keyForm.exec(url) ?? []
  if (host === undefined || name === undefined) return undefined
  const key = `${host.replace(/:443$/, '')}/${name}`
  return { key: key.toLowerCase(), version: version.toLowerCase() }
}

/**
 * The id names the version that signed even where the request did not.
 * @returns undefined where they name different keys.
 */
const keyOf = (fields: Fields, properties: Fields): LoggedKey | undefined => {
  const urls = [fields, properties].map((one) => firstText(one, 'requesturi', 'requesturi_s'))
  const ids = [fields, properties].map((one) => firstText(one, 'id', 'id_s'))
  const keys = [...urls, ...ids].map(parseLoggedKey).filter((key) => key !== undefined)
  if (new Set(keys.map(({ key }) => key)).size > 1) return undefined
  return keys.find(({ version }) => version !== '') ?? keys[0]
}

const callerOf = (fields: Fields): string => {
  const claim = membersOf(membersOf(fields.get('identity')).get('claim'))
  const app = firstText(claim, 'appid') || firstText(fields, 'identity_claim_appid_g')
  const person =
    firstText(claim, 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn', 'upn') ||
    firstText(fields, 'identity_claim_http_schemas_xmlsoap_org_ws_2005_05_identity_claims_upn_s')
  const who = person || (app ? `application ${app}` : 'unknown')
  return `${who} from ${firstText(fields, 'calleripaddress') || 'unknown'}`
}

/** @returns undefined when the record does not say. */
const hasSucceeded = (fields: Fields, properties: Fields): boolean | undefined => {
  const status =
    firstText(fields, 'httpstatuscode', 'httpstatuscode_d') || firstText(properties, 'httpstatuscode')
  if (status !== '') return Number(status) >= 200 && Number(status) < 300
  const result = firstText(fields, 'resulttype')
  return result === '' ? undefined : result.toLowerCase() === 'success'
}

/** Understands a record. What it may be is never guessed: a signature that looks strange is not understood. */
export const readKeyLogRecord = (record: unknown): KeyLogRecord => {
  const fields = fieldsOf(record)
  const properties = membersOf(fields.get('properties'))
  const time = firstText(fields, 'time', 'timegenerated')
  const at = parseTime(time)
  const operation = firstText(fields, 'operationname')
  if (!at || operation === '') return { kind: 'not understood' }
  if (operation.toLowerCase() !== 'keysign') return { kind: 'other operation', at }
  const succeeded = hasSucceeded(fields, properties)
  const key = keyOf(fields, properties)
  if (succeeded === false) return { kind: 'failed', at }
  if (succeeded === undefined || !key) return { kind: 'not understood' }
  const correlationId = firstText(fields, 'correlationid').toLowerCase()
  return { kind: 'signature', at, signature: { ...key, at, time, correlationId, caller: callerOf(fields) } }
}
