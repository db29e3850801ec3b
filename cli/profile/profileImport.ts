import { printToml } from '../../client/agent/printToml.ts'
import { mostConfigurationOctets } from '../../client/agent/readConfigurationText.ts'
import { importDpc } from '../../client/vpnProfile/windows/dpc/importDpc.ts'
import { Refusal } from '../../lib/errors/refusal.ts'
import { readInput } from '../../lib/files/readInput.ts'
import { shownText } from '../../lib/terminal/shownText.ts'
import { command } from '../commandLine/command.ts'
import { exitCodes } from '../commandLine/exitCodes.ts'
import { required, text } from '../commandLine/option.ts'
import { checkNewFile, writeNewFile } from '../commandLine/writeNewFile.ts'

const checkSize = (toml: string): void => {
  const octets = Buffer.byteLength(toml)
  if (octets <= mostConfigurationOctets) return
  throw new Refusal(
    'configuration-invalid',
    `Cannot make a vpn.toml of the export: it would have ${octets} octets, and ${mostConfigurationOctets} are read. Routes and rules are most of it.`,
  )
}

export const profileImport = command({
  name: 'profile import dpc',
  summary: 'make a vpn.toml of the settings of Always On VPN DPC',
  options: {
    file: required(text('FILE', 'an export of the registry, .reg of version 5', { short: 'f' })),
    tenant: required(text('TENANT', 'the tenant whose certificates clients will show')),
    service: required(text('URL', 'base URL of the service')),
    out: text('FILE', 'write it to a new file; printed when left out'),
  },
  notes:
    'Names each setting that it leaves on standard error, and then ends with 3: somebody has to look at them.',
  async run({ file, tenant, service, out }, { notice }) {
    if (out !== undefined) await checkNewFile('out', out)
    const { document, left } = importDpc(readInput(file), { tenant, service })
    const toml = printToml(document)
    checkSize(toml)
    for (const { setting, why } of left) notice(shownText(`${setting} ${why}`))
    if (out !== undefined) await writeNewFile('out', out, { text: toml, mode: 0o600 })
    const exitCode = left.length > 0 ? exitCodes.refused : exitCodes.ok
    return {
      text: out === undefined ? toml.trimEnd() : `wrote ${out}`,
      json: { toml, left },
      exitCode,
    }
  },
})
