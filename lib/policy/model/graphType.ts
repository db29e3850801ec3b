import * as z from 'zod'

/** The annotation by which Graph tells what a document or a part of it is. */
export const typeName = '@odata.type'

/** Reads a type as Graph writes it, with its number sign or without. */
export const graphType = <Name extends string>(...names: readonly Name[]) =>
  z
    .string()
    .transform((text) => text.replace(/^#?microsoft\.graph\./, ''))
    .pipe(z.enum(names))
