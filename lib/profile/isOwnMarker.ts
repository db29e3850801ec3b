/** The marker that Entra's VPN CA writes, too. */
export const entraMarker = '1.3.6.1.4.1.311.87'

/** Arcs that anybody may have of their own, but for Microsoft's: 2.25 (a UUID, here below 2^31), and an enterprise's. */
const ownArc = /^(2\.25|1\.3\.6\.1\.4\.1\.(?!311(\.|$))\d+)(\.|$)/

/**
 * Whether an object identifier, dotted, may be a tenant's marker: Entra's, or one of an arc of one's own. What others give a
 * meaning may be a right somewhere, such as to log on, and new ones come up: what is not listed here is none.
 */
export const isOwnMarker = (oid: string): boolean =>
  oid === entraMarker || (oid !== '2.25' && ownArc.test(oid))

/** Policies with a meaning of others: anyPolicy and all of X.500, PKIX, the CA/Browser Forum's; of Microsoft's a directory may make groups. */
const foreignPolicy = /^(2\.5|1\.3\.6\.1\.5\.5\.7|2\.23\.140|1\.3\.6\.1\.4\.1\.311)(\.|$)/

/** Tells whether an object identifier, dotted, may be a tenant's certificate policy. */
export const isOwnPolicy = (oid: string): boolean => !foreignPolicy.test(oid)
