import { windowsProviders } from './requestInf.ts'

/** A key that is in Windows, by what made it and by its name there. */
export interface WindowsKey {
  readonly provider: keyof typeof windowsProviders
  readonly container: string
}

/** Writes what finds a key again. */
export const nameOfKey = ({ provider, container }: WindowsKey): string => `${provider}/${container}`

/** Reads what finds a key again; undefined for what was not written here. */
export const keyOfName = (name: string | undefined): WindowsKey | undefined => {
  const [, provider, container] = /^(tpm2|software)\/(mayfly-[\da-f-]{36})$/.exec(name ?? '') ?? []
  return container === undefined ? undefined : { provider: provider as WindowsKey['provider'], container }
}

/** A key as the scripts find it; empty for one whose name is not known. */
export const keyForScripts = (name: string | undefined) => {
  const key = keyOfName(name)
  return key ? { provider: windowsProviders[key.provider], container: key.container } : {}
}
