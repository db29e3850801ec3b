/**
 * Within what of its life a certificate is followed by the next one, in percent of it: a service suggests a window there. Servers
 * of VPNs look at certificates again more often than what is left at the latest, so that they see the next one in time.
 */
export const renewalPercent = { earliest: 55, latest: 80 } as const
