/** How old the configuration that decides a request may be while the tables answer, in milliseconds. */
export const configurationFreshMilliseconds = 30_000

/** How old it may become while they do not. */
export const configurationStaleMilliseconds = 10 * 60_000
