/** The checkout that these scripts belong to. */
import { dirname } from 'node:path'

export const checkoutRoot = dirname(import.meta.dirname)
