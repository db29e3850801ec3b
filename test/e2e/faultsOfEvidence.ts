import type { FaultCase } from './faultsCase.ts'
import { cut, page, refused, says, slow } from './faultsKinds.ts'
import type { Fault } from './faultsServer.ts'

/** In seconds. */
const day = 24 * 60 * 60

const fails =
  (name: string, fault: Fault): FaultCase['arrange'] =>
  ({ source }) =>
    source?.server.fail(name, fault)

/** Answers that leave alone who asks. */
const throttled: Fault = async (answer) => {
  const told = await says(429, { error: { code: 'TooManyRequests', message: 'Later.' } })(answer)
  return told && { ...told, headers: { ...told.headers, 'retry-after': '17' } }
}

const ofKeys = (['posture', 'attestation'] as const).flatMap((evidence): readonly FaultCase[] => {
  const whose = evidence === 'posture' ? 'the posture issuer' : 'the attestation service'
  const rows: readonly (readonly [string, string, Fault, Partial<FaultCase>?])[] = [
    [`Discovery of ${whose} refuses the connection; the instance just started`, 'discovery', refused],
    [`The key set of ${whose} refuses the connection; the instance just started`, 'keys', refused],
    [`The key set of ${whose} does not answer; the instance just started`, 'keys', slow],
    [`The key set of ${whose} answers with a page and 200; the instance just started`, 'keys', page],
    [
      `The key set of ${whose} answers 500; the instance fetched it 11 min ago`,
      'keys',
      says(500),
      { servedSecondsAgo: 660 },
    ],
    [
      `The key set of ${whose} answers 500; the instance fetched it 24 h ago`,
      'keys',
      says(500),
      { servedSecondsAgo: day },
    ],
  ]
  return rows.map(([fault, name, how, more]) => ({
    part: 'Evidence about the device: keys of tokens',
    fault,
    arrange: fails(name, how),
    evidence,
    ...more,
  }))
})

const ofGraph = (
  [
    ['Graph answers 429 and Retry-After: 17', fails('device', throttled)],
    ['Graph answers 503 without Retry-After', fails('device', says(503))],
    ['Graph refuses the connection', fails('device', refused)],
    ['Graph does not answer', fails('device', slow)],
    ['Graph breaks off its answer', fails('device', cut)],
    ['Graph answers with a page and 200', fails('device', page)],
    ['Graph answers with an empty object and 200', fails('device', says(200))],
    ['Graph answers 403: the permission was taken away', fails('device', says(403))],
    [
      'The identity of the app gets no token for Graph',
      ({ source }) => {
        if (source) source.isIdentityGone = true
      },
    ],
    ['Graph tells the record of the device, and does not answer who uses it', fails('users', slow)],
  ] as const satisfies readonly (readonly [string, FaultCase['arrange']])[]
).map(([fault, arrange]): FaultCase => ({
  part: 'Evidence about the device: the directory',
  fault,
  arrange,
  evidence: 'directory',
  token: { claims: { oid: '8d7f0c52-6a4e-4f0b-9f77-2f0b6d1c5e90' } },
}))

/** What goes wrong with who tells of the device beside the compliance token. */
export const evidenceFaults: readonly FaultCase[] = [...ofKeys, ...ofGraph]
