import type * as z from 'zod'
import type { Setting } from './compliancePolicy.ts'

/** Makes the reader of a setting by its name: undefined where the setting asks for nothing. */
export type SettingReader = (name: string) => z.ZodType<Setting | undefined>

/** What people are told of a setting. */
export type SettingWords = Pick<Setting, 'wanted' | 'deed'>
