import { randomUUID } from 'node:crypto'
import { genericTrust, type Members, tenantDocument } from '../tenants.ts'

/** A configuration document of a tenant, and an issuer, that no other test has. */
export const testDocument = (changes: Members = {}): Members & { readonly tenant: string } => {
  const tenant = `t${randomUUID()}`
  const issuer = { url: `https://issuer.example/${tenant}`, audience: 'api://mayfly' }
  return { ...tenantDocument(tenant, [genericTrust(issuer)], changes), tenant }
}
