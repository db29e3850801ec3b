import { win32 } from 'node:path'
import { dnsName, refuse, special } from './checkSettings.ts'
import type { ServerSettings } from './recipe.ts'

const checkWindowsPath = (what: string, path: string): void => {
  const rest = path.replaceAll('\\', '')
  const isWhole = /^[a-z]:\\/i.test(path) && win32.normalize(path) === path && !path.endsWith('\\')
  if (!isWhole || special.test(rest) || /[<>|/]/.test(path) || path !== path.trim())
    throw refuse(
      what,
      String.raw`a whole path such as C:\Program Files\Mayfly\trust, without what Windows, PowerShell or TOML read otherwise`,
    )
}

/** Checks what a server of Windows reads; the rest it has no use for. @throws {Refusal} `usage-wrong` */
export const checkWindowsSettings = (settings: ServerSettings): ServerSettings => {
  const { trust, caFile, relyingParty, serverName, networkPolicy } = settings
  checkWindowsPath('--trust', trust)
  if (caFile !== undefined) checkWindowsPath('--ca', caFile)
  if (relyingParty) checkWindowsPath('--secret-file', relyingParty.secretFile)
  if (!dnsName.test(serverName)) throw refuse('--server-name', 'the DNS name that clients dial')
  if (networkPolicy.trim() === '' || special.test(networkPolicy))
    throw refuse('--network-policy', 'a name without quotes, $, brackets and the like')
  return settings
}
