import type { Scalar } from '@parapet/event-model';
import { z } from 'zod';
import type { Answer } from './enrichment.ts';

/** Text of a row: numbers are taken as written, empty text is absent. */
export const textField = z
  .union([z.string(), z.number(), z.null()])
  .transform((value) => (value === null ? '' : String(value).trim()))
  .pipe(
    z
      .string()
      .max(1024)
      .refine((value) => !value.includes('\0')),
  )
  .transform((value) => (value === '' ? undefined : value))
  .optional();

/** Several texts: a list, or one text with `;`, `|` or `,` between them. */
export const listField = z
  .union([z.array(z.union([z.string(), z.number()])).max(1000), z.string().max(65_536), z.number(), z.null()])
  .transform((value) => {
    const texts = Array.isArray(value) ? value.map(String) : String(value ?? '').split(/[;|,]/);
    return texts.map((text) => text.trim()).filter((text) => text !== '');
  })
  .pipe(
    z
      .array(
        z
          .string()
          .max(1024)
          .refine((value) => !value.includes('\0')),
      )
      .max(1000),
  )
  .default([]);

/** Yes or no: a boolean, 0 or 1, or one of the usual words. */
export const flagField = z
  .union([z.boolean(), z.number(), z.string(), z.null()])
  .transform((value, context) => {
    const text = String(value ?? '')
      .trim()
      .toLowerCase();
    if (['true', 'yes', 'y', '1'].includes(text)) return true;
    if (['false', 'no', 'n', '0'].includes(text)) return false;
    if (text !== '') context.addIssue({ code: 'custom', message: 'is neither true nor false' });
    return undefined;
  })
  .optional();

/** The values that are there. */
export function definedValues(values: Readonly<Record<string, Scalar | undefined>>): Answer['values'] {
  const kept: Record<string, Scalar> = {};
  for (const [key, value] of Object.entries(values)) if (value !== undefined) kept[key] = value;
  return kept;
}
