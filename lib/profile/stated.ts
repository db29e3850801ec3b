/**
 * Writes out once more what the rules expect. A rule that took these values from the writer, or from the codec the
 * writer uses, could not see a slip in them: the certificate and the expectation would be wrong together.
 */
export const stated = {
  oid: {
    commonName: '2.5.4.3',
    organizationName: '2.5.4.10',
    subjectKeyIdentifier: '2.5.29.14',
    keyUsage: '2.5.29.15',
    subjectAltName: '2.5.29.17',
    basicConstraints: '2.5.29.19',
    nameConstraints: '2.5.29.30',
    cRLDistributionPoints: '2.5.29.31',
    certificatePolicies: '2.5.29.32',
    policyMappings: '2.5.29.33',
    authorityKeyIdentifier: '2.5.29.35',
    policyConstraints: '2.5.29.36',
    extKeyUsage: '2.5.29.37',
    freshestCRL: '2.5.29.46',
    inhibitAnyPolicy: '2.5.29.54',
    noRevAvail: '2.5.29.56',
    authorityInfoAccess: '1.3.6.1.5.5.7.1.1',
    securityIdentifier: '1.3.6.1.4.1.311.25.2',
    objectSid: '1.3.6.1.4.1.311.25.2.1',
    userPrincipalName: '1.3.6.1.4.1.311.20.2.3',
    clientAuth: '1.3.6.1.5.5.7.3.2',
    anyExtendedKeyUsage: '2.5.29.37.0',
    anyPolicy: '2.5.29.32.0',
  },
  /** Bit numbers, RFC 5280 section 4.2.1.3. */
  keyUsage: { digitalSignature: 0, keyCertSign: 5 },
  limit: {
    serialNumberOctets: 16,
    importedSerialNumberOctets: 20,
    nameCharacters: 64,
    subAuthority: 4_294_967_295,
    leafSeconds: 86_400,
    authorityBackdateMilliseconds: 3_600_000,
    issuerMilliseconds: 7_776_000_000,
    importedRootMilliseconds: 632_448_000_000,
  },
} as const

/** The order of extensions, of certificates of every kind. */
export const extensionOrder: readonly string[] = [
  stated.oid.authorityKeyIdentifier,
  stated.oid.subjectKeyIdentifier,
  stated.oid.basicConstraints,
  stated.oid.keyUsage,
  stated.oid.extKeyUsage,
  stated.oid.subjectAltName,
  stated.oid.certificatePolicies,
  stated.oid.securityIdentifier,
  stated.oid.noRevAvail,
]

/** The extensions that say where to learn about revocation, RFC 9608 section 3. */
export const revocationPointers: readonly string[] = [
  stated.oid.cRLDistributionPoints,
  stated.oid.freshestCRL,
  stated.oid.authorityInfoAccess,
]

/** The extensions that programs apply to the paths beneath a root; some reject a path for their mere presence. */
export const pathConstraints: readonly string[] = [
  stated.oid.nameConstraints,
  stated.oid.policyMappings,
  stated.oid.policyConstraints,
  stated.oid.extKeyUsage,
  stated.oid.inhibitAnyPolicy,
]
