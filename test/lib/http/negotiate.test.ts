import { describe, expect, it } from 'vitest'
import { HttpRefusal } from '../../../lib/http/problem.ts'
import { negotiate } from '../../../lib/http/negotiate.ts'
import { certificateFormats } from '../../../lib/http/certificateReply.ts'
import { requestOf } from './request.ts'

const [json, chain, leaf, pkcs7] = certificateFormats
const bare = 'application/pkcs7-mime'
const choose = (accept?: string) =>
  negotiate(requestOf(accept === undefined ? {} : { headers: { accept } }), certificateFormats)

describe('negotiate()', () => {
  it('chooses what is offered first when the client has no wish', () => {
    expect(choose()).toBe(json)
    expect(choose('*/*')).toBe(json)
    expect(choose('application/*')).toBe(json)
  })

  it.each([
    [json, json],
    [chain, chain],
    [leaf, leaf],
    ['Application/PEM-Certificate-Chain', chain],
    [`text/html, ${chain}`, chain],
    [`${json}, ${chain}`, json],
    [`${chain}, ${json}`, json],
    ['text/*, */*;q=0.001', json],
    [`${chain},, ,`, chain],
  ])('for %s chooses %s', (accept, type) => {
    expect(choose(accept)).toBe(type)
  })

  it.each([
    [`${json};q=0.5, ${chain}`, chain],
    [`${json};q=0.5, ${chain};q=0.4`, json],
    [`${json};q=0.5,${chain};q=0.501`, chain],
    [`${json}; q=0.1, ${chain} ; Q=0.2`, chain],
    [`${json};q=0., ${chain};q=1.000`, chain],
    [`*/*;q=0.1, ${chain}`, chain],
    [`application/*, ${json};q=0.1`, chain],
    [`${json};q=0.1, application/*`, chain],
  ])('weighs: for %s chooses %s', (accept, type) => {
    expect(choose(accept)).toBe(type)
  })

  it.each([
    [`*/*, ${json};q=0`, chain],
    [`${json};q=0, ${chain};q=0, */*`, leaf],
    [`application/*;q=0, ${chain};q=0.1, */*`, chain],
    [`*/*;q=0, ${leaf}`, leaf],
    [`${json};q=0.000, ${chain};q=0.001`, chain],
    [`${pkcs7};q=0, ${bare}, ${leaf};q=0.1`, leaf],
    [`${bare};q=0, ${pkcs7};q=0.1, ${leaf};q=0.01`, pkcs7],
  ])('leaves out what has the weight 0: for %s chooses %s', (accept, type) => {
    expect(choose(accept)).toBe(type)
  })

  it.each([
    bare,
    pkcs7,
    `${bare};smime-type=certs-only`,
    `${bare}; smime-type="certs-only"`,
    `${bare}; SMIME-Type=Certs-Only`,
    `${bare}; smime-type=certs-only; q=0.5`,
    `${bare}; q=0.5; smime-type=certs-only`,
    `${bare}; smime-type=enveloped-data, ${bare}; smime-type=certs-only;q=0.1`,
    `${bare}; smime-type="signed-data, ${json}", ${bare}`,
  ])('matches parameters: %s asks for PKCS#7', (accept) => {
    expect(choose(accept)).toBe(pkcs7)
  })

  it.each([
    `${bare}; smime-type=enveloped-data`,
    `${bare}; smime-type=signed-data`,
    `${bare}; smime-type=certs-only-too`,
    `${bare}; smime-type=""`,
    `${bare}; smime-type=certs-only; name=smime.p7c`,
    `${bare}; smime-type=certs-only; smime-type=certs-only`,
    `${json}; version=1`,
    `${leaf}; smime-type=certs-only`,
    '*/*; smime-type=enveloped-data',
  ])('matches parameters: for %s has nothing', (accept) => {
    expect(() => choose(accept)).toRefuse('not-acceptable')
  })

  it('passes over charset, which no type here has, and which many clients name', () => {
    expect(choose(`${chain}; charset=utf-8`)).toBe(chain)
    expect(choose(`${json};charset="UTF-8";q=0.1, ${chain};q=0.2`)).toBe(chain)
  })

  it.each([
    [`${json};q=2, ${chain};q=0.1`, chain],
    [`${json};q=-1, ${chain};q=0.1`, chain],
    [`${json};q=, ${chain};q=0.1`, chain],
    [`${json};q=x, ${chain};q=0.1`, chain],
    [`${json};q=., ${chain};q=0.1`, chain],
    [`${json};q=0.1234, ${chain};q=0.1`, chain],
    [`${json};q=1.001, ${chain};q=0.1`, chain],
    [`${json};q=1;q=1, ${chain};q=0.1`, chain],
    [`${json};q, ${chain};q=0.1`, chain],
    [`${json} q=1, ${chain};q=0.1`, chain],
    [`${json};q=x, */*`, json],
  ])('passes over a malformed member: for %s chooses %s', (accept, type) => {
    expect(choose(accept)).toBe(type)
  })

  it('understands what Java sends unless it is told otherwise', () => {
    expect(choose('text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2')).toBe(json)
  })

  it.each([
    'text/html',
    'text/*',
    'application/pkcs7-signature',
    `${json};q=0, ${chain};q=0.0`,
    'application/*;q=0, */*',
    '*/*;q=0',
    '*/*;q=0, text/html',
    `${json};q=2`,
    'application',
    '*',
    '',
    ',',
    'application/json/x',
    `"${json}"`,
    `"x, ${json}`,
  ])('refuses %j', (accept) => {
    expect(() => choose(accept)).toRefuse(
      'not-acceptable',
      /offers application\/json, application\/pem-certificate-chain, application\/pkix-cert, application\/pkcs7-mime; smime-type=certs-only\.$/,
    )
  })

  it('says that Accept is empty', () =>
    expect(() => choose(' ')).toRefuse('not-acceptable', /Accept, which is empty: this path offers /))

  it('tells programs what is offered', () => {
    let refused: unknown
    try {
      choose('text/html')
    } catch (error) {
      refused = error
    }
    if (!(refused instanceof HttpRefusal)) throw new Error('It was not refused.')
    expect(refused.advice).toEqual({ headers: { vary: 'Accept' }, offers: certificateFormats })
  })

  it('reads a bounded number of preferences', () => {
    expect(() => choose(`${'text/html,'.repeat(32)}${json}`)).toRefuse('not-acceptable')
    expect(choose(`${'text/html,'.repeat(31)}${json}`)).toBe(json)
    expect(choose(`${json};q=0.1,a/b;c=${'d'.repeat(1024)},${chain}`)).toBe(json)
    expect(() => choose(`a/b;c=${'d'.repeat(1000)},${chain}`)).toRefuse('not-acceptable')
  })
})
