import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parseConfiguration } from '../../../lib/tenant/configuration.ts'

const text = readFileSync(new URL('tenant.json', import.meta.url), 'utf8')

describe('a marker with an arc of 32 bits', () => {
  it('is refused when the configuration is applied', () => {
    expect(() => parseConfiguration(JSON.parse(text))).toRefuse('configuration-invalid', /arcs below 2\^31/)
  })

  it('is taken with the largest arc that every reader reads', () => {
    const readable = text.replace('4294967295', '2147483647')
    const { certificate } = parseConfiguration(JSON.parse(readable))
    expect(certificate.markerOid).toBe('1.3.6.1.4.1.99999.2147483647')
  })

  it('is refused one above that', () => {
    const above = text.replace('4294967295', '2147483648')
    expect(() => parseConfiguration(JSON.parse(above))).toRefuse('configuration-invalid', /arcs below 2\^31/)
  })
})
