/** What is beside a ProfileXML, in the form of the script: keys of the phonebook, and what Windows' commands set. */
export interface ScriptBeside {
  readonly phonebook: Readonly<Record<string, string>>
  readonly mtu: number
  readonly machinePurposes: readonly string[]
  readonly proxyExceptions: readonly string[]
  readonly proxyBypassLocal: boolean
}

/** What the script is asked to do. */
export type ScriptRequest =
  | {
      readonly action: 'apply'
      readonly name: string
      readonly xml: string
      readonly beside: ScriptBeside
      /** A file in the folder of the script, which has it stop before the old profile is touched. */
      readonly stop?: string
    }
  | { readonly action: 'remove' | 'state'; readonly name: string }
  /** `look` tells what `list` does, and mends nothing that was left under way. */
  | { readonly action: 'list' | 'look' | 'gateway' }
