import { expect, it } from 'vitest'
import { openTableClients, type TablesLocation } from '../../../lib/store/tableClients.ts'
import { azuriteConnectionString } from '../../../local/azurite.ts'
import { testAccount } from '../../azurite.ts'

const credential = { getToken: () => Promise.reject(new Error('Nobody signs in.')) }

const locations: Readonly<Record<string, TablesLocation>> = {
  'a connection string': {
    kind: 'connectionString',
    connectionString: azuriteConnectionString(1, testAccount(0)),
  },
  'an endpoint': { kind: 'endpoint', endpoint: 'https://tables.example', credential, ca: '' },
}

/** What is left of the pipeline of the SDK: a version that renames a policy, or has another, shows here. */
const before = ['serializationPolicy', 'proxyPolicy', 'userAgentPolicy', 'setClientRequestIdPolicy']

it.each([
  [
    'a connection string',
    [...before, 'tablesNamedKeyCredentialPolicy', 'deserializationPolicy', 'defaultRetryPolicy'],
  ],
  [
    'an endpoint',
    [
      'serializationPolicy',
      'tlsPolicy',
      ...before.slice(1),
      'deserializationPolicy',
      'defaultRetryPolicy',
      'bearerTokenAuthenticationPolicy',
    ],
  ],
])('a call of the tables of %s goes through the policies that it needs, and no others', (kind, needed) => {
  const location = locations[kind]
  if (!location) throw new Error('There is no such location.')
  const { pipeline } = openTableClients(location, () => undefined).of('tenants')
  const names = pipeline.getOrderedPolicies().map(({ name }) => name)
  expect(names).toEqual([...needed, 'mayflyTellDates', 'mayflyRefuseForeignAnswers'])
})
