import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { bodyOf, type Expression, partOf } from '../../tools/bicep/syntax.ts'
import { infra, written } from './infra.ts'

const projectFile = (name: string): Promise<string> =>
  readFile(new URL(`../../${name}`, import.meta.url), 'utf8')

const pairsOf = (value: Expression | undefined): Readonly<Record<string, string>> => {
  if (value?.kind !== 'object') throw new Error('There are no settings.')
  return Object.fromEntries(
    value.properties.map(({ key, value: setting }) => [
      typeof key === 'string' ? key : written(key),
      written(setting),
    ]),
  )
}

const statementOf = (file: string, name: string) =>
  infra.get(file)?.statements.find((one) => 'name' in one && one.name === name)

const own = (app: string): Readonly<Record<string, string>> => {
  const module = statementOf('modules/apps.bicep', app)
  return pairsOf(module?.kind === 'module' ? partOf(bodyOf(module.value), 'params', 'settings') : undefined)
}

const variable = statementOf('modules/functionApp.bicep', 'commonSettings')
const common = pairsOf(variable?.kind === 'var' ? variable.value : undefined)
const [enroll, housekeeping] = [own('enroll'), own('housekeeping')]
const all = { ...common, ...enroll, ...housekeeping }

describe('the settings of the apps', () => {
  it('are the same for both where they are about the platform', () => {
    expect(common).toEqual({
      AzureWebJobsStorage__accountName: 'hostName',
      AzureWebJobsStorage__credential: 'managedidentity',
      AzureWebJobsStorage__clientId: 'identity.clientId',
      AzureWebJobsDisableHomepage: 'true',
      FUNCTIONS_REQUEST_BODY_SIZE_LIMIT: '2097152',
      APPLICATIONINSIGHTS_CONNECTION_STRING: 'telemetryConnectionString',
      APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identity.clientId};Authorization=AAD',
      AZURE_CLIENT_ID: 'identity.clientId',
    })
  })

  it('tell each app its role, and where its tables are', () => {
    expect(enroll).toEqual({
      MAYFLY_ROLE: 'enroll',
      MAYFLY_TABLES_ENDPOINT: 'configurationEndpoint',
      MAYFLY_RECORDS_ENDPOINT: 'recordsEndpoint',
      MAYFLY_TELEMETRY: 'azure',
      APPLICATION_INSIGHTS_NO_STATSBEAT: 'true',
    })
    expect(housekeeping).toEqual({
      MAYFLY_ROLE: 'housekeeping',
      MAYFLY_TABLES_ENDPOINT: 'recordsEndpoint',
      MAYFLY_RETENTION_DAYS: 'string(retentionDays)',
    })
  })

  it('are described in the README or docs/telemetry.md', async () => {
    const pages = `${await projectFile('README.md')}${await projectFile('docs/telemetry.md')}`
    const described = [...pages.matchAll(/`([A-Z]+(?:_[A-Z]+)+)`/g)].map(([, name]) => name)
    const named = Object.keys(all).filter((name) => /^(MAYFLY|AZURE|APPLICATION)/.test(name))
    const host = ['APPLICATIONINSIGHTS_AUTHENTICATION_STRING']
    expect(named.filter((name) => !described.includes(name) && !host.includes(name))).toEqual([])
  })

  it('are those of a local Functions host where both have them', async () => {
    const { Values } = JSON.parse(await projectFile('local.settings.example.json')) as {
      Values: Record<string, string>
    }
    for (const name of ['FUNCTIONS_REQUEST_BODY_SIZE_LIMIT', 'AzureWebJobsDisableHomepage'])
      expect(common[name]).toBe(Values[name])
  })

  it('hold no connection string with a key, and nothing that Flex Consumption refuses', () => {
    const refused = [
      'AzureWebJobsStorage',
      'FUNCTIONS_WORKER_RUNTIME',
      'FUNCTIONS_EXTENSION_VERSION',
      'WEBSITE_RUN_FROM_PACKAGE',
      'WEBSITE_CONTENTAZUREFILECONNECTIONSTRING',
      'MAYFLY_TABLES_CONNECTION_STRING',
      'MAYFLY_ALLOW_LOOPBACK_HTTP',
    ]
    expect(refused.filter((name) => name in all)).toEqual([])
    expect(
      Object.values(all).filter((value) => /AccountKey|SharedAccess|listKeys|@Microsoft/.test(value)),
    ).toEqual([])
  })
})
