import { makeTokenKey } from '../tokens.ts'
import type { FaultCase } from './faultsCase.ts'
import { cut, page, refused, says, slow } from './faultsKinds.ts'
import type { Fault } from './faultsServer.ts'
import type { FaultsWorld } from './faultsWorld.ts'

const issuer =
  (name: string, fault: Fault): FaultCase['arrange'] =>
  (world) =>
    world.issuer.fail(name, fault)

/** In seconds. */
const minute = 60

const tooLarge = says(200, { keys: [], padding: 'x'.repeat(256 * 1024) })
const redirect: Fault = () =>
  Promise.resolve({ status: 302, headers: { location: '/elsewhere' }, body: Buffer.alloc(0) })

const tokenIssuer: readonly FaultCase[] = (
  [
    ['discovery', 'refuses the connection', refused],
    ['discovery', 'does not answer', slow],
    ['discovery', 'answers with a page and 200', page],
    ['discovery', 'answers 500', says(500)],
    ['discovery', 'redirects', redirect],
    ['discovery', 'answers with more than 256 KiB', tooLarge],
    ['keys', 'refuses the connection', refused],
    ['keys', 'does not answer', slow],
    ['keys', 'answers with a page and 200', page],
    ['keys', 'breaks off its answer', cut],
    ['keys', 'answers 500', says(500)],
    ['keys', 'redirects', redirect],
    ['keys', 'answers with more than 256 KiB', tooLarge],
    ['keys', 'answers with JSON that is no key set', says(200)],
  ] as const
).map(([name, what, fault]) => ({
  part: 'The keys of the token issuer',
  fault: `${name === 'keys' ? 'The key set' : 'Discovery'} ${what}; the instance just started`,
  arrange: issuer(name, fault),
}))

const otherIssuer: FaultCase['arrange'] = ({ issuer: server }) =>
  server.fail('discovery', says(200, { issuer: 'https://other.example', jwks_uri: `${server.url}/keys` }))
const otherHost: FaultCase['arrange'] = ({ issuer: server }) =>
  server.fail('discovery', says(200, { issuer: server.url, jwks_uri: 'http://localhost:1/keys' }))

const keyGone: FaultCase['arrange'] = async ({ testIssuer: { published } }) => {
  published.splice(0, 1, (await makeTokenKey('ES256')).jwk)
}

/** A key that the issuer begins to use. */
const nextKey = await makeTokenKey('ES256')

const tokenIssuerInTime: readonly FaultCase[] = [
  { fault: 'Discovery names another issuer; the instance just started', arrange: otherIssuer },
  { fault: 'Discovery names a key set on another host; the instance just started', arrange: otherHost },
  {
    fault: 'The key set answers 500; the instance fetched it 11 min ago',
    arrange: issuer('keys', says(500)),
    servedSecondsAgo: 11 * minute,
  },
  {
    fault: 'The key set answers with JSON that is no key set; the instance fetched it 11 min ago',
    arrange: issuer('keys', says(200)),
    servedSecondsAgo: 11 * minute,
  },
  {
    fault: 'The key set answers 500; the instance fetched it 24 h ago',
    arrange: issuer('keys', says(500)),
    servedSecondsAgo: 24 * 60 * minute,
  },
  {
    fault:
      'The key set answers 500, and the token is signed with a new key; the instance fetched it 1 min ago',
    arrange(world: FaultsWorld) {
      world.testIssuer.published.push(nextKey.jwk)
      world.issuer.fail('keys', says(500))
    },
    token: { key: nextKey },
    servedSecondsAgo: minute,
  },
  {
    fault: 'Nothing fails, and the key of the token is published no more; the instance fetched it 1 min ago',
    arrange: keyGone,
    servedSecondsAgo: minute,
  },
].map((one) => ({ part: 'The keys of the token issuer', ...one }))

/** What goes wrong with the token issuer. */
export const issuerFaults: readonly FaultCase[] = [...tokenIssuer, ...tokenIssuerInTime]
