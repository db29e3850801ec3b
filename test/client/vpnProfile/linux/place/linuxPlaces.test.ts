import { mkdir, writeFile } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { ProfileForm } from '../../../../../client/vpnProfile/profilePlace.ts'
import { lackingNotes } from '../../../../../client/vpnProfile/settings.ts'
import { settingChanges } from '../../settingChanges.ts'
import { credential, formOf, makeRoot, places, tunnelOf } from './linuxWorld.ts'

const never = new AbortController().signal

const install = async (root: string, { parts }: ProfileForm): Promise<void> => {
  for (const [path, content] of parts) {
    await mkdir(dirname(root + path), { recursive: true })
    await writeFile(root + path, content)
  }
}

const kinds = Object.keys(places) as (keyof typeof places)[]

describe.each(kinds)('the place of profiles for %s', (kind) => {
  const place = places[kind]({ root: '/nowhere', environment: {} }, credential)

  it.each(settingChanges)(
    'shows another %s as a difference, or tells that it has none',
    (_, before, after) => {
      const [one, other] = [formOf(place, before), formOf(place, after)]
      expect(place.differences(one, formOf(place, before))).toEqual([])
      const notes = [before, after].flatMap((user) => lackingNotes(tunnelOf(user).tunnel, kind))
      expect(place.differences(other, one).length + notes.length).toBeGreaterThan(0)
    },
  )

  it('reads back what it made, and shows one route that is another', async () => {
    const machine = await makeRoot()
    const own = places[kind](machine, credential)
    const form = formOf(own, { routes: ['10.0.0.0/8', 'fd00::/8'] })
    await install(machine.root, form)
    const read = await own.installed(never)
    expect(read).toEqual([form])
    const found = own.differences(formOf(own, { routes: ['10.0.0.0/8', 'fd00::/9'] }), read[0] ?? form)
    expect(found.map(({ wanted, installed }) => [wanted, installed])).toEqual([
      ['fd00::/9', undefined],
      [undefined, 'fd00::/8'],
    ])
  })

  it('finds its own beside what is no file, and beside profiles of others that name none', async () => {
    const { root } = await makeRoot()
    const there = places[kind]({ root, environment: {} }, credential)
    const form = formOf(there)
    await install(root, form)
    const [main = ''] = [...form.parts.keys()].slice(-1)
    await mkdir(root + main.replace(form.name, 'folder'))
    const text = form.parts.get(main) ?? ''
    const authority = [...form.parts.keys()].find((path) => path !== main)
    const odd = authority === undefined ? text : text.replaceAll(basename(authority), '..')
    await writeFile(root + main.replace(form.name, 'odd'), odd)
    const found = await there.installed(never)
    expect(found.map(({ name }) => name)).toEqual([form.name, 'odd'].toSorted())
  })

  it('passes over comments, the order of routes, and how an authority is wrapped', () => {
    const form = formOf(place, { routes: ['10.0.0.0/8', 'fd00::/8'] })
    const parts = [...form.parts].map(([path, content]) => {
      const reversed = content
        .replaceAll(/(10\.0\.0\.0\/8)(;|, )(fd00::\/8)/g, '$3$2$1')
        .replace(/(route 10.*\n)(route-ipv6 .*\n)/, '$2$1')
      return [path, `# mine\n\n${reversed.replaceAll('AQID\n', 'AQ\nID\n')}`] as const
    })
    expect(place.differences(form, { ...form, parts: new Map(parts) })).toEqual([])
  })

  it('shows another authority of the server under the same name', () => {
    const form = formOf(place)
    const parts = [...form.parts].map(([path, text]) => [path, text.replace('AQID', 'AQIE')] as const)
    expect(place.differences(form, { ...form, parts: new Map(parts) }).length).toBeGreaterThan(0)
  })

  it('refuses a device tunnel, and a server without roots', () => {
    const profile = { server: { authorities: [] } } as never
    const routed = { routes: [], exclusions: [], refused: [], withoutGateway: [] }
    for (const tunnel of [{ kind: 'device' }, { kind: 'user' }] as never[])
      expect(() => place.make(profile, tunnel, routed)).toThrow(/device tunnel|server\.ca is missing/)
  })
})
