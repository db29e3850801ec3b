import { describe, expect, it } from 'vitest'
import { commandSource } from '../../../client/token/commandSource.ts'

const never = new AbortController().signal
const node = JSON.stringify(process.execPath)

/** A command that prints what it finds in its environment, as a token. */
const telling = `${node} -e "const e = process.env; console.log([e.MAYFLY_CHALLENGE_CLAIMS, e.MAYFLY_CHALLENGE_ACR_VALUES, e.MAYFLY_CHALLENGE_MAX_AGE, e.MAYFLY_INTERACTIVE].map((one) => one ?? '-').join('.').replaceAll(' ', '+'))"`

describe('commandSource()', () => {
  const outside = { MAYFLY_CHALLENGE_CLAIMS: 'of before', MAYFLY_CHALLENGE_MAX_AGE: '1' }
  const challenge = { claims: 'e30', authorizationUri: '' }
  const signIn = { acrValues: ['one', 'two'], maxAgeSeconds: 0 }

  it.each([
    [{ isInteractive: false }, '-.-.-.0'],
    [{ isInteractive: true, challenge }, 'e30.-.-.1'],
    [{ isInteractive: false, signIn }, '-.one+two.0.0'],
  ])('tells the command what is wanted by its environment: %j', async (wanted, told) => {
    expect(await commandSource(telling, outside).get(wanted, never)).toBe(told)
  })

  it('tells how a command ended, without what it wrote', async () => {
    const failing = `${node} -e "console.log('canary'); console.error('canary'); process.exit(3)"`
    const got = commandSource(failing, {}).get({ isInteractive: false }, never)
    await expect(got).toRefuse('token-source-failed', /^(?!.*canary).*the token command ended with 3\.$/)
  })

  it('ends the command when it is told to', async () => {
    const ending = new AbortController()
    const waiting = `${node} -e "setTimeout(() => {}, 60_000)"`
    const got = commandSource(waiting, {}).get({ isInteractive: false }, ending.signal)
    setTimeout(() => ending.abort(new Error('the end')), 50)
    await expect(got).rejects.toThrow('the end')
  })
})
