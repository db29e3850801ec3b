/** A setting of the function app that is missing or wrong. Its message names the setting and never its value, which may be a secret. */
export class SettingFault extends Error {
  override readonly name = 'SettingFault'
  /** The name of the setting. */
  readonly setting: string

  /** @param what the end of "Set NAME ...", as `to a whole number from 1 to 60`. */
  constructor(setting: string, what: string, options?: ErrorOptions) {
    super(`Set ${setting} ${what}.`, options)
    this.setting = setting
  }
}
