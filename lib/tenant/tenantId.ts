import { Refusal } from '../errors/refusal.ts'

declare const brand: unique symbol

/** The name of a tenant: a DNS label in lower case, so it fits URLs, table keys and EST labels as it is. */
export type TenantId = string & { readonly [brand]: 'TenantId' }

export const tenantIdForm = /^[a-z0-9][a-z0-9-]{0,62}$/

/**
 * Parses a tenant id: 1 to 63 lower-case letters, digits and hyphens, not starting with a hyphen.
 * @throws {Refusal} `tenant-unknown`, without echoing the value.
 */
export const parseTenantId = (value: string): TenantId => {
  if (!tenantIdForm.test(value)) {
    throw new Refusal(
      'tenant-unknown',
      'Cannot find the tenant: an id is 1 to 63 lower-case letters, digits and hyphens.',
    )
  }
  return value as TenantId
}
