import { describe, expect, it } from 'vitest'
import { negotiate } from '../../../lib/http/negotiate.ts'
import { requestOf } from './request.ts'

const json = 'application/json'
const chain = 'application/pem-certificate-chain'
const choose = (accept?: string) =>
  negotiate(requestOf(accept === undefined ? {} : { headers: { accept } }), [json, chain])

describe('negotiate()', () => {
  it('chooses what is offered first when the client has no wish', () => {
    expect(choose()).toBe(json)
    expect(choose('*/*')).toBe(json)
  })

  it.each([
    [json, json],
    [chain, chain],
    ['Application/PEM-Certificate-Chain', chain],
    [`${chain}; charset=utf-8`, chain],
    [`text/html, ${chain}`, chain],
    [`${json}, ${chain}`, json],
    [`${chain}, ${json}`, json],
    [`${json};q=0.5, ${chain}`, chain],
    [`${json};q=0.5, ${chain};q=0.4`, json],
    [`${json};q=0.5,${chain};q=0.501`, chain],
    [`${json};version=1;Q=0.1, ${chain};q=0.2`, chain],
    [`*/*;q=0.1, ${chain}`, chain],
    [`application/*, ${json};q=0.1`, chain],
    [`*/*, ${json};q=0`, chain],
    [`application/*;q=0, ${chain};q=0.1, */*`, chain],
    ['text/*, */*;q=0.001', json],
  ])('for %s chooses %s', (accept, type) => {
    expect(choose(accept)).toBe(type)
  })

  it.each([
    'text/html',
    'text/*',
    `${json};q=0, ${chain};q=0.0`,
    'application/*;q=0, */*',
    '*/*;q=0',
    `${json};q=2, ${chain};q=-1`,
    `${json};q=, ${chain};q=x`,
    'application',
    '*',
    '',
    ',',
    'application/json/x',
  ])('refuses %j', (accept) => {
    expect(() => choose(accept)).toRefuse(
      'not-acceptable',
      /offers application\/json, application\/pem-certificate-chain/,
    )
  })

  it('reads a bounded number of preferences', () => {
    expect(() => choose(`${'text/html,'.repeat(32)}${json}`)).toRefuse('not-acceptable')
    expect(choose(`${'text/html,'.repeat(31)}${json}`)).toBe(json)
  })
})
