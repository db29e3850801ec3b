import { expect, it } from 'vitest'
import { routes, unmatchedRoute } from '../../lib/http/routes.ts'
import { projectFile } from '../pages.ts'

const { extensions, logging } = JSON.parse(projectFile('host.json')) as {
  readonly extensions: { readonly http: object }
  readonly logging: { readonly logLevel: Readonly<Record<string, string>> }
}

it('host.json lets the lines of each function through by its name, and those of the host about them not', () => {
  const named = [...Object.keys(routes), unmatchedRoute.name, 'housekeeping']
  const own = Object.fromEntries(named.map((name) => [`Function.${name}.User`, 'Information']))
  const others = { default: 'Information', 'Host.Results': 'Error', Function: 'Warning' }
  expect(logging.logLevel).toEqual({ ...others, ...own })
})

it('host.json sets no gate of its own, which a few slow bodies would hold', () => {
  expect(extensions.http).toEqual({ routePrefix: '' })
})
