import { buffer } from 'node:stream/consumers'
import { checkMarker } from '../../lib/authority/checkMarker.ts'
import { Refusal } from '../../lib/errors/refusal.ts'
import { parseJson } from '../../lib/json/parseJson.ts'
import { parseConfiguration } from '../../lib/tenant/configuration.ts'
import { configurationFreshMilliseconds } from '../../lib/tenant/configurationAge.ts'
import { checkPossible } from '../../lib/tenant/impossibleIssuer.ts'
import { applyConfiguration } from '../../lib/tenant/revisions.ts'
import type { Command } from '../command.ts'
import { readInput } from '../inputFile.ts'
import { prepareTables } from '../prepareTables.ts'
import { requiredOption } from '../requiredOption.ts'

const readDocument = async (file: string): Promise<unknown> => {
  const octets = file === '-' ? await buffer(process.stdin) : readInput(file)
  return parseJson(octets, (why) => new Refusal('configuration-invalid', `Cannot read ${file}: it ${why}.`))
}

export const tenantApply: Command = {
  name: 'tenant apply',
  summary: "put a tenant's configuration into force",
  help: '-f FILE   the configuration document; - reads standard input',
  options: { file: { type: 'string', short: 'f' } },
  async run({ values, deployment, openTables, now, user }) {
    const configuration = parseConfiguration(await readDocument(requiredOption(values, 'file')))
    checkPossible(configuration)
    const tables = openTables(await deployment())
    await prepareTables(tables, now())
    await checkMarker(tables, configuration)
    const application = { appliedBy: user, now: now() }
    const { tenant, number, changed } = await applyConfiguration(tables, configuration, application)
    const what = changed
      ? `is in force; it decides requests within ${configurationFreshMilliseconds / 1000} seconds`
      : 'was in force already'
    return { text: `${tenant}: revision ${number} ${what}`, json: { tenant, revision: number, changed } }
  },
}
