import { expect, it } from 'vitest'
import { usualWindow } from '../../../client/agent/nextAction.ts'
import { mostSeconds } from '../../../client/serverConfig/mostSeconds.ts'
import { renewalWindow } from '../../../lib/enroll/issueOnce.ts'

const lives = Array.from({ length: 86_400 - 300 + 1 }, (_, index) => 300 + index)
const issuedAt = new Date(0)

/** What is left of a certificate when its client has the next one at the latest: by the window of the service, or by its own. */
const leftSeconds = (life: number): number => {
  const notAfter = new Date(life * 1000)
  const ends = [renewalWindow(issuedAt, notAfter, 1), usualWindow({ notBefore: issuedAt, notAfter })]
  return life - Math.max(...ends.map(({ end }) => end.getTime())) / 1000
}

it.each([
  ['strongSwan', ({ reauth, over }: ReturnType<typeof mostSeconds>) => reauth + over],
  ['ocserv', ({ rekey }: ReturnType<typeof mostSeconds>) => rekey],
] as const)(
  '%s looks at a certificate again before it ends, however late its client has the next one',
  (_, used) => {
    const late = lives.filter((life) => used(mostSeconds({ lifetimeSeconds: life })) >= leftSeconds(life))
    expect(late).toEqual([])
  },
)

it('mostSeconds() looks no more often than that takes', () => {
  expect([300, 3_600, 86_400].map((lifetimeSeconds) => mostSeconds({ lifetimeSeconds }))).toEqual([
    { reauth: 50, over: 5, rekey: 25 },
    { reauth: 600, over: 60, rekey: 300 },
    { reauth: 600, over: 60, rekey: 300 },
  ])
})
