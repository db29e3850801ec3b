import type { FaultCase } from './faultsCase.ts'
import { cut, doneBut, forbidden, halved, lost, noTable, page, refused, says, slow } from './faultsKinds.ts'
import type { Fault } from './faultsServer.ts'

/** Of a request that a time limit ends: so long that what must reach the server first does, on any machine. */
const slowSeconds = 8

const storage =
  (...faults: readonly (readonly [string, Fault, (number | undefined)?])[]): FaultCase['arrange'] =>
  (world) => {
    for (const [name, fault, times] of faults) world.storage.fail(name, fault, times)
  }

/** In seconds. */
const minute = 60

const configuration: readonly FaultCase[] = [
  ['refuse the connection', refused],
  ['answer with a page and 200', page],
  ['break off their answer', cut],
  ['answer with half a row', halved],
  ['answer 500', says(500)],
  ['answer 503', says(503)],
  ['answer 429 without Retry-After', says(429)],
  ['answer 403', forbidden],
  ['have no such table (404)', noTable],
].map(([what, fault]) => ({
  part: 'The configuration of the tenant',
  fault: `The tables ${what as string}; the instance just started`,
  arrange: storage(['pointer', fault as Fault]),
}))

const configurationInTime: readonly FaultCase[] = [
  {
    part: 'The configuration of the tenant',
    fault: 'The tables do not answer; the instance just started',
    arrange: storage(['pointer', slow]),
    requestSeconds: slowSeconds,
  },
  {
    part: 'The configuration of the tenant',
    fault: 'The tables refuse the connection once',
    arrange: storage(['pointer', refused, 1]),
  },
  {
    part: 'The configuration of the tenant',
    fault: 'The tables give the pointer, and answer 500 for the revision; the instance just started',
    arrange: storage(['revision', says(500)]),
  },
  {
    part: 'The configuration of the tenant',
    fault: 'The tables answer 500; the instance read it 9 min ago',
    arrange: storage(['pointer', says(500)]),
    servedSecondsAgo: 9 * minute,
  },
  {
    part: 'The configuration of the tenant',
    fault: 'The tables answer 500; the instance read it 10 min ago',
    arrange: storage(['pointer', says(500)]),
    servedSecondsAgo: 10 * minute,
  },
]

const policies: readonly FaultCase[] = (
  [
    ['answer 500', says(500), {}],
    ['do not answer', slow, { requestSeconds: slowSeconds }],
    ['answer with a page and 200', page, {}],
    ['answer with an empty list of a stranger', says(200, { value: [] }), {}],
    ['break off their answer', cut, {}],
    ['answer with half a list', halved, {}],
  ] as const
).map(([what, fault, changes]) => ({
  part: 'The policies of the tenant',
  fault: `The tables ${what}; the instance just started`,
  arrange: storage(['policies', fault]),
  ...changes,
}))

const denyList: readonly FaultCase[] = (
  [
    ['answer 500; the instance just started', says(500), {}],
    ['do not answer; the instance just started', slow, { requestSeconds: slowSeconds }],
    ['answer with a page and 200, and the user is stopped', page, { isDenied: true }],
    [
      'answer with an empty list of a stranger, and the user is stopped',
      says(200, { value: [] }),
      { isDenied: true },
    ],
    ['break off their answer, and the user is stopped', cut, { isDenied: true }],
    ['answer with half a list, and the user is stopped', halved, { isDenied: true }],
    ['answer 500; the instance read it 45 s ago', says(500), { servedSecondsAgo: 45 }],
    ['answer 500; the instance read it 60 s ago', says(500), { servedSecondsAgo: 60 }],
  ] as const
).map(([what, fault, changes]) => ({
  part: 'The deny list',
  fault: `The tables ${what}`,
  arrange: storage(['deny list', fault]),
  ...changes,
}))

const authority: readonly FaultCase[] = (
  [
    ['answer 500; the instance just started', says(500), {}],
    ['do not answer; the instance just started', slow, { requestSeconds: slowSeconds }],
    ['answer with a page and 200; the instance just started', page, {}],
    ['answer 500; the instance read it 45 s ago', says(500), { servedSecondsAgo: 45 }],
    ['answer 500; the instance read it 60 s ago', says(500), { servedSecondsAgo: 60 }],
  ] as const
).map(([what, fault, changes]) => ({
  part: 'The authority',
  fault: `The tables ${what}`,
  arrange: storage(['authority', fault]),
  ...changes,
}))

const everything: readonly FaultCase[] = (
  [
    ['refuse every connection', refused, {}],
    ['do not answer anything', slow, { requestSeconds: slowSeconds }],
    ['answer everything with a page and 200', page, {}],
  ] as const
).flatMap(([what, fault, changes]) =>
  [false, true].map((isOld) => ({
    part: 'All tables',
    fault: `The tables ${what}; the instance served the user 20 s ago${isOld ? '; the token is a minute old' : ''}`,
    arrange: storage(['*', fault]),
    servedSecondsAgo: 20,
    isOld,
    ...changes,
  })),
)

const lookUp: readonly FaultCase[] = (
  [
    ['refuse the connection', refused],
    ['refuse the connection once', refused, 1],
    ['do not answer', slow],
    ['answer with a page and 200', page],
    ['break off their answer', cut],
    ['answer 500', says(500)],
    ['answer 500 twice', says(500), 2],
    ['answer 429 without Retry-After', says(429)],
    ['answer 404: housekeeping made no table of the day', noTable],
  ] as const
).map(([what, fault, times]) => ({
  part: 'Whether a token that is a minute old is spent',
  fault: `The tables ${what}`,
  arrange: storage(['look-up', fault, times]),
  isOld: true,
  ...(fault === slow ? { requestSeconds: slowSeconds } : {}),
}))

const insert: readonly FaultCase[] = (
  [
    ['refused', [['insert', refused]]],
    ['refused once', [['insert', refused, 1]]],
    ['not answered', [['insert', slow]]],
    ['answered with a page and 200', [['insert', page]]],
    ["answered with a stranger's 204", [['insert', says(204)]]],
    ['answered with 500', [['insert', says(500)]]],
    ['answered with 429 without Retry-After', [['insert', says(429)]]],
    ['answered with 403', [['insert', forbidden]]],
    ['answered with 404: there is no such table', [['insert', noTable]]],
    ['done, and the reply is lost once: the SDK meets its own row', [['insert', lost, 1]]],
    ['done, and every reply is lost', [['insert', lost]]],
    ['done, and the reply becomes 500 once', [['insert', doneBut(says(500)), 1]]],
    ['done, and every reply becomes 500', [['insert', doneBut(says(500))]]],
    ['done, and the reply becomes a page with 200', [['insert', doneBut(page)]]],
    ['done, and the reply never comes', [['insert', doneBut(slow)]]],
    [
      'refused, and so is reading it back',
      [
        ['insert', refused],
        ['read-back', refused],
      ],
    ],
    [
      'answered with 500, and so is reading it back',
      [
        ['insert', says(500)],
        ['read-back', says(500)],
      ],
    ],
    [
      'done, every reply is lost, and reading it back is refused',
      [
        ['insert', lost],
        ['read-back', refused],
      ],
    ],
    [
      'done, every reply becomes 500, and so does reading it back',
      [
        ['insert', doneBut(says(500))],
        ['read-back', says(500)],
      ],
    ],
    [
      'done, the reply never comes, and neither does what is read back',
      [
        ['insert', doneBut(slow)],
        ['read-back', slow],
      ],
    ],
    [
      'done, every reply is lost, and a page with 200 is read back',
      [
        ['insert', lost],
        ['read-back', page],
      ],
    ],
    [
      'done, every reply is lost, and what is read back is cut off',
      [
        ['insert', lost],
        ['read-back', cut],
      ],
    ],
    [
      'done, every reply is lost, and reading it back fails once',
      [
        ['insert', lost],
        ['read-back', refused, 1],
      ],
    ],
  ] as const
).map(([what, faults]) => ({
  part: 'Recording what was signed',
  fault: `The insert is ${what}`,
  arrange: storage(...faults),
  ...(/never comes|not answered/.test(what) ? { requestSeconds: slowSeconds } : {}),
}))

const refusals: readonly FaultCase[] = (
  [
    ['refused', refused],
    ['not answered', slow],
    ['answered with 404: there is no such table', noTable],
    ['done, and the reply is lost once', lost, 1],
    ['done, and every reply is lost', lost],
  ] as const
).map(([what, fault, times]) => ({
  part: 'Recording a refusal (the device is not compliant)',
  fault: `The insert is ${what}`,
  arrange: storage(['refusal', fault, times]),
  token: { claims: { device_compliant: false } },
  ...(fault === slow ? { requestSeconds: slowSeconds } : {}),
}))

/** What goes wrong with the tables. */
export const tableFaults: readonly FaultCase[] = [
  ...configuration,
  ...configurationInTime,
  ...policies,
  ...denyList,
  ...authority,
  ...everything,
  ...lookUp,
  ...insert,
  ...refusals,
]
