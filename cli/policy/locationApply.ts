import type { NamedLocation } from '../../lib/policy/model/policy.ts'
import { shownText } from '../../lib/terminal/shownText.ts'
import { command } from '../commandLine/command.ts'
import { formatHanging } from '../commandLine/formatTable.ts'
import { openTenant } from '../tenant/openTenant.ts'
import { tenantOption } from '../tenant/tenantOption.ts'
import {
  changePolicies,
  givenLocations,
  givenOptions,
  locationEntries,
  policyChangeOptions,
  wanted,
  withLocations,
} from './changePolicies.ts'
import { acceptedEntries, filesOption, readFiles } from './graphFiles.ts'
import { nameWithId, withoutNamed } from './namedEntries.ts'

export const locationApply = command({
  name: 'location apply',
  summary: "put a tenant's named locations into force, all",
  options: {
    file: filesOption("named locations in Microsoft Graph's format"),
    add: givenOptions.add,
    ...policyChangeOptions,
  },
  async run({ file, add, ...options }, context) {
    const given = acceptedEntries(givenLocations(await readFiles(file)))
    return changePolicies(context, options, {
      action: 'location apply',
      plan: (inForce) => withLocations(inForce, wanted(locationEntries(inForce), given, add)),
    })
  },
})

export const locationRemove = command({
  name: 'location remove',
  summary: 'take one named location away',
  argument: 'ID|NAME',
  options: policyChangeOptions,
  run: (options, context) =>
    changePolicies(context, options, {
      action: 'location remove',
      plan: (inForce) =>
        withLocations(inForce, withoutNamed(locationEntries(inForce), context.argument, 'location-unknown')),
    }),
})

/** The most ranges or countries that a table shows of a location. */
const maxShown = 5

const placesText = (location: NamedLocation): string => {
  const places = location.kind === 'networks' ? location.ranges : location.countries
  const more = places.length > maxShown ? `, and ${places.length - maxShown} more` : ''
  const unknown =
    location.kind === 'countries' && location.includesUnknown ? ', and addresses of no country' : ''
  return `${places.slice(0, maxShown).join(', ')}${more}${unknown}`
}

const linesOf = (location: NamedLocation): readonly string[] => {
  const kind = location.kind === 'networks' && location.isTrusted ? 'trusted networks' : location.kind
  return [
    formatHanging('', shownText(nameWithId(location))),
    formatHanging('  ', `${kind}: ${placesText(location)}`),
  ]
}

export const locationList = command({
  name: 'location list',
  summary: "show a tenant's named locations",
  options: { tenant: tenantOption },
  async run({ tenant: name }, context) {
    const { tenant, number, locations } = await openTenant(context, name)
    const lines = locations.flatMap(linesOf)
    return {
      text: locations.length === 0 ? 'there are no named locations' : lines.join('\n'),
      json: { tenant, revision: number, locations },
    }
  },
})
