import { required, text } from '../commandLine/option.ts'

/** Describes `--tenant` of a command that may do without; MAYFLY_TENANT stands in for it. */
export const anyTenantOption = (help: string) => text('TENANT', help, { variable: 'MAYFLY_TENANT' })

/** Describes `--tenant`. */
export const tenantOption = required(anyTenantOption('the tenant'))
