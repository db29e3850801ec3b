/** Something that a ProfileXML says. */
export interface ReadSetting {
  /** As vpn.toml calls it; what that has no name for, as the schema of ProfileXML does. */
  readonly setting: string
  /** In one spelling. */
  readonly value: string
}

/** Says something; undefined: nothing is said. */
export const said = (setting: string, value: string | undefined): readonly ReadSetting[] =>
  value === undefined ? [] : [{ setting, value }]
