/** A payload of IKEv2 counts its traffic selectors in one octet (RFC 7296 section 3.13). */
export const mostSelectors = 255
