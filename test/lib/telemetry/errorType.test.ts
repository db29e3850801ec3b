import { describe, expect, it } from 'vitest'
import { Refusal } from '../../../lib/errors/refusal.ts'
import { errorType } from '../../../lib/telemetry/errorType.ts'

const systemError = Object.assign(new Error('connect ECONNREFUSED 10.0.0.1'), { code: 'ECONNREFUSED' })

describe('errorType()', () => {
  it.each([
    ['the code of a refusal', new Refusal('token-expired', 'canary'), 'token-expired'],
    ['the code of a system error', systemError, 'ECONNREFUSED'],
    ['the name of another error', new TypeError('canary'), 'TypeError'],
    ['the name where the code is none', Object.assign(new Error('x'), { code: 'canary canary' }), 'Error'],
    ['nothing of what is no error', 'canary', 'unknown'],
    ['nothing of what is nothing', undefined, 'unknown'],
    ['nothing of names that are none', { name: 'canary@contoso.example', code: 7 }, 'unknown'],
    ['nothing of names without end', { name: 'x'.repeat(65) }, 'unknown'],
  ])('is %s', (_, error, expected) => {
    expect(errorType(error)).toBe(expected)
  })
})
