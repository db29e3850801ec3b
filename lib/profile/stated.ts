/**
 * What the rules expect, written out once more. A rule that took these values from the writer, or from the codec the
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
    cRLDistributionPoints: '2.5.29.31',
    certificatePolicies: '2.5.29.32',
    authorityKeyIdentifier: '2.5.29.35',
    extKeyUsage: '2.5.29.37',
    freshestCRL: '2.5.29.46',
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
    nameCharacters: 64,
    leafSeconds: 86_400,
    authorityBackdateMilliseconds: 3_600_000,
    issuerMilliseconds: 7_776_000_000,
  },
} as const

/** The extensions that say where to learn about revocation, RFC 9608 section 3. */
export const revocationPointers: readonly string[] = [
  stated.oid.cRLDistributionPoints,
  stated.oid.freshestCRL,
  stated.oid.authorityInfoAccess,
]
