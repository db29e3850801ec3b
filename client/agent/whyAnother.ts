/** Where a certificate comes from, as far as that is known. */
export interface Origin {
  readonly tenant?: string | undefined
  /** Base URL of the service. */
  readonly url?: string | undefined
}

const isOther = (one: string | undefined, other: string | undefined): boolean =>
  one !== undefined && other !== undefined && one !== other

const withoutSlash = (url: string | undefined): string | undefined => url?.replace(/\/$/, '')

/** Says why another certificate is due than the one from here; undefined where it is not, or where nobody knows. */
export const whyAnother = (origin: Origin, wanted: Origin): string | undefined => {
  if (isOther(origin.tenant, wanted.tenant)) return 'the configuration names another tenant'
  const isMoved = isOther(withoutSlash(origin.url), withoutSlash(wanted.url))
  return isMoved ? 'the configuration names another service' : undefined
}
