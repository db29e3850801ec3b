import type { HttpRequest } from '@azure/functions'
import { describe, expect, it } from 'vitest'
import { hostLimits } from '../../../lib/admission/hostLimits.ts'
import { type BodyLimit, bodyLimits, memberLimits } from '../../../lib/http/bodyLimits.ts'
import { readAdoption } from '../../../lib/http/readAdoption.ts'
import { readEnrollment } from '../../../lib/http/readEnrollment.ts'
import { routes } from '../../../lib/http/routes.ts'
import { requestOf } from './request.ts'

/** Takes the body of a request, by the reader of each path. */
const readers: Readonly<Record<keyof typeof bodyLimits, (request: HttpRequest) => Promise<unknown>>> = {
  certificates: (request) => readEnrollment(request).readBody(),
  adoptions: (request) => readAdoption(request).readSha256(),
}
const credentials = { certificates: 'Bearer a.b.c', adoptions: 'Basic YTpi' }

type Path = keyof typeof bodyLimits
const paths = Object.keys(bodyLimits) as Path[]
const rows = paths.flatMap((path) =>
  Object.entries<BodyLimit>(bodyLimits[path]).map(
    ([type, { maxOctets }]) => [path, type, maxOctets] as const,
  ),
)

const send = (path: Path, type: string, body: string) =>
  readers[path](requestOf({ headers: { authorization: credentials[path], 'content-type': type }, body }))

/** What a request is refused for; `taken` where it is not. */
const outcomeOf = (sent: Promise<unknown>): Promise<string> =>
  sent.then(
    () => 'taken',
    (error: { readonly code?: string }) => error.code ?? 'fault',
  )

const documents = {
  certificates: { csr: 'AAAA' },
  adoptions: { sha256: '0'.repeat(64) },
} as const

/** A body of so many octets that is good but for its size. */
const bodyOf = (path: Path, type: string, octets: number): string => {
  if (type !== 'application/json') return 'A'.repeat(octets)
  return JSON.stringify(documents[path]).padEnd(octets, ' ')
}

const member = (name: keyof typeof memberLimits, characters: number) =>
  send('certificates', 'application/json', JSON.stringify({ csr: 'AAAA', [name]: 'x'.repeat(characters) }))

describe('bodyLimits', () => {
  it('covers each path that takes a body', () => {
    const posted = Object.entries(routes).filter(([, { methods }]) => methods.some((one) => one === 'POST'))
    expect(paths).toEqual(posted.map(([name]) => name))
  })

  it.each(rows)('%s, %s: %i octets are taken, and not one more', async (path, type, most) => {
    expect(await outcomeOf(send(path, type, bodyOf(path, type, most)))).toBe('taken')
    await expect(send(path, type, bodyOf(path, type, most + 1))).toRefuse(
      'body-too-large',
      new RegExp(`it has ${most + 1} octets, the limit is ${most}`),
    )
  })

  it.each(rows)('%s, %s: the host in front lets %i octets through, and more', (_path, _type, most) =>
    expect(most).toBeLessThan(hostLimits.bodyOctets),
  )

  it.each(Object.entries(memberLimits) as [keyof typeof memberLimits, number][])(
    'the member %s has %i characters, and not one more',
    async (name, most) => {
      expect(await outcomeOf(member(name, most))).toBe('taken')
      await expect(member(name, most + 1)).toRefuse(
        'body-too-large',
        new RegExp(`its member "${name}" has ${most + 1} characters, the limit is ${most}`),
      )
    },
  )

  it('all members at their limits fit into one body', async () => {
    const full = Object.entries(memberLimits).map(([name, most]) => [name, 'x'.repeat(most)])
    const body = JSON.stringify(Object.fromEntries(full))
    expect(await outcomeOf(send('certificates', 'application/json', body))).toBe('taken')
  })

  it.each(['posture', 'attestation'])('%s that is no text, or an empty one, is malformed', async (name) => {
    for (const value of [5, null, '', ['x'], { x: 'y' }])
      await expect(
        send('certificates', 'application/json', JSON.stringify({ csr: 'AAAA', [name]: value })),
      ).toRefuse('request-malformed', new RegExp(`no text member "${name}"`))
  })
})
