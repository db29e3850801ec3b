/** Writes a member before the others of an object. */
export const before =
  (member: string) =>
  (json: string): string =>
    json.replace('{', `{${member},`)

/** Writes a member after the others of an object. */
export const after =
  (member: string) =>
  (json: string): string =>
    `${json.slice(0, -1)},${member}}`

/** Changes the value of a member, whatever it is in the setting; undefined leaves it out. */
export const rewritten =
  (name: string, change: (value: string) => unknown) =>
  (json: string): string => {
    const { [name]: value, ...others } = JSON.parse(json) as Record<string, unknown>
    return JSON.stringify({ ...others, [name]: change(String(value)) })
  }
