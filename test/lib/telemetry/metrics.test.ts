import { describe, expect, it } from 'vitest'
import { counters, gauges, histograms } from '../../../lib/telemetry/instrument.ts'
import { metricsOf } from '../../../lib/telemetry/metrics.ts'
import { recorded } from './recorded.ts'

const metered = () => {
  const memory = recorded()
  return { ...memory, metrics: metricsOf(memory.telemetry.meter) }
}

describe('metricsOf()', () => {
  it('counts each kind by its attributes', async () => {
    const { metrics, measured } = metered()
    metrics.issued('contoso', { created: true })
    metrics.issued('contoso', { created: true })
    metrics.issued('contoso', { created: false })
    metrics.refused('contoso', 'token-expired')
    metrics.wasted('contoso', 'race lost')
    metrics.issuerFailed('contoso', 'issuer-1', 'signer-unavailable')
    metrics.refusalUnrecorded('contoso')
    const tenant = 'contoso'
    expect(await measured()).toEqual([
      { name: 'mayfly.certificates.issued', attributes: { tenant, created: 'true' }, value: 2 },
      { name: 'mayfly.certificates.issued', attributes: { tenant, created: 'false' }, value: 1 },
      { name: 'mayfly.requests.refused', attributes: { tenant, code: 'token-expired' }, value: 1 },
      { name: 'mayfly.signatures.wasted', attributes: { tenant, reason: 'race lost' }, value: 1 },
      {
        name: 'mayfly.issuer.failures',
        attributes: { tenant, issuer: 'issuer-1', code: 'signer-unavailable' },
        value: 1,
      },
      { name: 'mayfly.refusals.unrecorded', attributes: { tenant }, value: 1 },
    ])
  })

  it('has no label for a tenant that was not made out', async () => {
    const { metrics, measured } = metered()
    metrics.refused('', 'tenant-unknown')
    expect(await measured()).toEqual([
      { name: 'mayfly.requests.refused', attributes: { code: 'tenant-unknown' }, value: 1 },
    ])
  })

  it('asks the gauges at each export', async () => {
    const { metrics, measured } = metered()
    let depth = 1
    metrics.gauge('gate.depth', () => [{ value: depth, attributes: { gate: 'turn' } }])
    const shown = (value: number) => [{ name: 'mayfly.gate.depth', attributes: { gate: 'turn' }, value }]
    expect(await measured()).toEqual(shown(1))
    depth = 7
    expect(await measured()).toEqual(shown(7))
  })

  it('exports the other gauges when one cannot be read, or reads no number', async () => {
    const { metrics, measured } = metered()
    metrics.gauge('bundle.age', () => {
      throw new Error('The tables do not answer.')
    })
    metrics.gauge('jwks.age', () => [{ value: Number.NaN }, { value: Number.NEGATIVE_INFINITY }])
    metrics.gauge('jwks.stale', () => [{ value: 1, attributes: { issuer: 'https://issuer.example' } }])
    expect(await measured()).toEqual([
      { name: 'mayfly.jwks.stale', attributes: { issuer: 'https://issuer.example' }, value: 1 },
    ])
  })

  it('drops attributes that a gauge must not have', async () => {
    const { metrics, measured } = metered()
    metrics.gauge('issuer.resting', () => [
      { value: 1, attributes: { issuer: 'contoso/issuer-1', user: 'canary@contoso.example' } },
    ])
    expect((await measured())[0]?.attributes).toEqual({ issuer: 'contoso/issuer-1' })
  })
})

describe('the instruments', () => {
  it('have names, units and labels, none of which is a person or a key', () => {
    const all = Object.entries({ ...counters, ...histograms, ...gauges })
    expect(all.length).toBe(13)
    for (const [name, { unit, description, attributes }] of all) {
      expect(name).toMatch(/^mayfly\.[a-z]+\.[a-z]+$/)
      expect(unit).toMatch(/^(s|1|\{[a-z]+\})$/)
      expect(description).toMatch(/^[A-Z1].*\.$/)
      expect(attributes.join(' ')).not.toMatch(/user|upn|subject|device|key|serial|token\b/i)
    }
  })
})
