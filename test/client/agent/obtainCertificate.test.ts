import { describe, expect, it } from 'vitest'
import { obtainCertificate } from '../../../client/agent/obtainCertificate.ts'
import type { ClientCertificate } from '../../../client/clientCertificate.ts'
import { softwareKeys } from '../../../client/credential/clientKey.ts'

const left: ClientCertificate = {
  certificate: 'PEM',
  chain: [],
  serialNumber: '01',
  notBefore: '2026-03-02T10:00:00Z',
  notAfter: '2026-03-02T11:00:00Z',
  renewal: { start: '2026-03-02T10:30:00Z', end: '2026-03-02T10:45:00Z' },
}

/** Obtains a certificate where a crash left one. @returns it, and what was done */
const obtain = async (time: string) => {
  const done: string[] = []
  const certificate = obtainCertificate({
    url: 'http://127.0.0.1:1',
    tenant: 'contoso',
    now: new Date(time),
    isInteractive: false,
    attempts: 1,
    token: {
      kind: 'file',
      answersChallenges: false,
      async get() {
        done.push('token')
        return 'a.b.c'
      },
    },
    readDeviceTokens: async () => ({}),
    store: {
      settle: ({ exclusively }) => exclusively(async () => left),
      pendingKey: () => softwareKeys().make(),
      accept: async () => undefined,
    },
    async exclusively(act) {
      done.push('alone')
      return act()
    },
    async onReady() {
      done.push('ready')
    },
  })
  return { certificate: await certificate.catch(() => undefined), done }
}

describe('obtainCertificate() where a crash left a certificate', () => {
  it('asks for no token while that is good', async () => {
    expect(await obtain('2026-03-02T10:29:59Z')).toEqual({ certificate: left, done: ['alone', 'ready'] })
  })

  it('asks for one once it is due', async () => {
    const { certificate, done } = await obtain('2026-03-02T10:30:00Z')
    expect(certificate).toBeUndefined()
    expect(done).toEqual(['alone', 'token', 'alone', 'ready'])
  })
})
